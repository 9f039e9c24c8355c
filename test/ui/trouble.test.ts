/** Bad input in a real browser: a server that refuses, fails, is slow or away, text that would run, and names as long as names get. */
import { ConfigMap, Stage, type Freight } from '@kargo/api';
import type { Browser, BrowserContext, Locator, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest } from '../../examples/demo/manifests.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { findChromium, fits, HOSTILE, launch, signedIn } from './browser.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

const LONG = `long-${'x'.repeat(248)}`;

const WAIT = { timeout: 20_000 };

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let freight: Freight;
let label: string;
const errors: string[] = [];
const requests: string[] = [];
const at = (path = ''): string => `${world.plane.address}/project/${PROJECT}${path}`;

/** A stage that is quick; `broken` fails with words that would run. */
const stage = (name: string, { upstream, fails = false }: { upstream?: string; fails?: boolean } = {}): string =>
  JSON.stringify({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: {
      name,
      namespace: PROJECT,
      annotations: {
        'kargo.akuity.io/color': 'red;background:url(x)',
        'kargo.akuity.io/argocd-context': JSON.stringify([{ name: HOSTILE, namespace: HOSTILE }]),
      },
    },
    spec: {
      requestedFreight: [
        {
          origin: { kind: 'Warehouse', name: 'my-warehouse' },
          sources: upstream === undefined ? { direct: true } : { stages: [upstream] },
        },
      ],
      promotionTemplate: {
        spec: {
          steps: [
            {
              uses: 'set-metadata',
              config: { updates: [{ kind: 'Freight', name: '${{ ctx.targetFreight.name }}', values: { note: HOSTILE } }] },
            },
            {
              uses: 'compose-output',
              as: 'said',
              config: { said: HOSTILE, links: [{ url: 'javascript:window.hacked=true', label: HOSTILE }] },
            },
            ...(fails ? [{ uses: 'fail', config: { message: HOSTILE } }] : []),
          ],
        },
      },
    },
  });

describe.skipIf('skipped' in chromium)('when things go wrong', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    await world.git.commit('repo', { files: { 'README.md': HOSTILE }, message: `Say ${HOSTILE}` });
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.ok('apply -f -', await manifest('project', world.addresses));
    await world.ok(
      'apply -f -',
      [
        stage('test'),
        stage('prod', { upstream: 'test' }),
        stage('late', { upstream: 'prod' }),
        stage('broken', { fails: true }),
        stage(LONG, { upstream: 'test' }),
        JSON.stringify({
          apiVersion: 'kargo.akuity.io/v1alpha1',
          kind: 'Warehouse',
          metadata: { name: LONG, namespace: PROJECT },
          spec: { freightCreationPolicy: 'Manual', subscriptions: [{ image: { repoURL: world.addresses.image } }] },
        }),
      ].join('\n---\n'),
    );
    freight = await world.freightWithTag('1.26.1');
    label = freight.alias ?? '';
    await world.verified(freight.metadata.name ?? '', 'test');
    browser = await launch('program' in chromium ? chromium.program : '');
    context = await signedIn(browser, world.plane.address, errors);
    context.on('request', (request) => requests.push(request.url()));
    page = await context.newPage();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const field = (name: string): Locator => page.getByLabel(name, { exact: true });

  interface Place {
    what: string;
    path: () => string;
    /** What somebody types or opens before. */
    prepare?: () => Promise<void>;
    /** The button that sends it. */
    send: () => Locator;
    /** What answers. */
    route: string;
    method?: string;
    /** Whether everything that was typed is still there. */
    kept?: () => Promise<void>;
  }
  const typed = async (name: string, value: string): Promise<void> => expect(await field(name).inputValue()).toBe(value);
  const places: Place[] = [
    { what: 'refreshing a stage', path: () => '/stage/test', send: () => button('Refresh'), route: '**/stages/test/refresh' },
    { what: 'verifying again', path: () => '/stage/test', send: () => button('Reverify'), route: '**/stages/test/verification' },
    {
      what: 'deleting a stage',
      path: () => '/stage/test',
      prepare: () => button('Delete').click(),
      send: () => button('Delete test'),
      route: '**/v1beta1/**/stages/test',
      method: 'DELETE',
    },
    {
      what: 'refreshing a warehouse',
      path: () => '/warehouse/my-warehouse',
      send: () => page.getByRole('complementary').getByRole('button', { name: 'Refresh', exact: true }),
      route: '**/warehouses/my-warehouse/refresh',
    },
    {
      what: 'assembling freight',
      path: () => '/warehouse/my-warehouse/create-freight',
      prepare: () => field('Alias').fill('typed-alias'),
      send: () => button('Create freight'),
      route: '**/v1beta1/resources**',
      kept: () => typed('Alias', 'typed-alias'),
    },
    {
      what: 'changing an alias',
      path: () => `/freight/${freight.metadata.name}`,
      prepare: async () => {
        await button('Change the alias').click();
        await field('Alias').fill('typed-alias');
      },
      send: () => button('Save'),
      route: '**/alias?**',
      kept: () => typed('Alias', 'typed-alias'),
    },
    {
      what: 'approving',
      path: () => `/freight/${freight.metadata.name}?approve=late`,
      send: () => button('Approve only'),
      route: '**/approve?**',
    },
    {
      what: 'promoting',
      path: () => `/promote/freight/${freight.metadata.name}/stage/prod`,
      send: () => page.getByRole('dialog').getByRole('button', { name: 'Promote', exact: true }),
      route: '**/promotions/planned',
    },
    {
      what: 'promoting downstream',
      path: () => '/promote/stage/test?downstream=1',
      prepare: () => page.getByRole('listitem').filter({ hasText: label }).getByRole('button', { name: 'Promote' }).click(),
      send: () => page.getByRole('alertdialog').getByRole('button', { name: /^Promote to 2/ }),
      route: '**/promotions/downstream',
    },
    {
      what: 'creating a stage',
      path: () => '/create-stage',
      prepare: () => page.getByLabel('Name required').fill('typed-name'),
      send: () => button('Create stage'),
      route: '**/v1beta1/resources**',
      kept: async () => expect(await page.getByLabel('Name required').inputValue()).toBe('typed-name'),
    },
    {
      what: 'saving policies',
      path: () => '/settings/project-config',
      prepare: () => field('Stages of policy 1').fill('typed-policy'),
      send: () => page.getByRole('button', { name: 'Save' }),
      route: '**/v1beta1/resources**',
      kept: () => typed('Stages of policy 1', 'typed-policy'),
    },
    {
      what: 'making credentials',
      path: () => '/settings/secrets/new',
      prepare: async () => {
        await page.getByLabel('Name required').fill('typed-name');
        await field('Repository').fill('https://git.example.com/typed');
        await field('Password or token').fill('typed-secret');
      },
      send: () => button('Create'),
      route: '**/repo-credentials',
      kept: async () => {
        await typed('Repository', 'https://git.example.com/typed');
        await typed('Password or token', 'typed-secret');
      },
    },
    {
      what: 'making a config map',
      path: () => '/settings/config-maps/new',
      prepare: async () => {
        await page.getByLabel('Name required').fill('typed-name');
        await field('Key 1').fill('typed-key');
        await field('Value of typed-key').fill('typed value');
      },
      send: () => button('Create'),
      route: '**/configmaps',
      method: 'POST',
      kept: () => typed('Value of typed-key', 'typed value'),
    },
    {
      what: 'making a role',
      path: () => '/settings/access/new',
      prepare: async () => {
        await page.getByLabel('Name required').fill('typed-name');
        await field('Values of claim 1').fill('typed-group');
      },
      send: () => button('Create role'),
      route: '**/roles',
      method: 'POST',
      kept: () => typed('Values of claim 1', 'typed-group'),
    },
    {
      what: 'making a token',
      path: () => '/settings/tokens',
      prepare: () => field('Name').fill('typed-name'),
      send: () => button('Create token'),
      route: '**/api-tokens',
      method: 'POST',
      kept: () => typed('Name', 'typed-name'),
    },
    {
      what: 'making a webhook receiver',
      path: () => '/settings/receivers/new',
      prepare: async () => {
        await page.getByLabel('Name required').fill('typed-name');
        await field('Secret').fill('typed-secret');
      },
      send: () => button('Create receiver'),
      route: '**/generic-credentials',
      kept: () => typed('Secret', 'typed-secret'),
    },
  ];

  it.each(places)(
    '$what says what is wrong when it is refused, fails or gets no answer; it loses nothing and goes on',
    async (place) => {
      const { path, prepare, send, route, method = 'any', kept } = place;
      await page.goto(at(path()));
      await page.getByText('Live', { exact: true }).waitFor();
      await prepare?.();
      for (const status of [403, 409, 500, 0]) {
        const said = `answer ${status} ${HOSTILE}`;
        let asked = 0;
        const answer = (call: Route): Promise<void> => {
          const rehearses = call.request().url().includes('dryRun');
          if (rehearses || (method !== 'any' && call.request().method() !== method)) return call.fallback();
          asked += 1;
          return status === 0 ? call.abort() : call.fulfill({ status, json: { error: said } });
        };
        await page.route(route, answer);
        await send().click();
        const shown =
          status === 0 ? 'The server does not answer' : status === 409 ? /answer 409|Somebody changed|exactly these/ : said;
        await page.getByRole('alert').filter({ hasText: shown }).first().waitFor();
        expect(asked).toBeGreaterThan(0);
        await page.unroute(route, answer);
        await kept?.();
        await expect.poll(() => send().isEnabled(), WAIT).toBe(true);
        for (const close of await page.locator('.toast').getByRole('button', { name: 'Close' }).all()) await close.click();
      }
      expect(await page.evaluate('window.hacked')).toBeUndefined();
    },
  );

  const pages: { what: string; path: () => string; route: string; there: () => Locator }[] = [
    {
      what: 'a warehouse',
      path: () => '/warehouse/my-warehouse',
      route: '**/warehouses/my-warehouse',
      there: () => page.getByRole('list', { name: /^Found in/ }).first(),
    },
    {
      what: 'the manifest of a stage',
      path: () => '/stage/test?tab=Manifest',
      route: '**/v1beta1/**/stages/test',
      there: () => page.getByText('requestedFreight:'),
    },
    {
      what: 'the steps of a promotion',
      path: () => '/promotion/NAME',
      route: '**/promotions/test.*',
      there: () => page.getByRole('button', { name: /^said/ }),
    },
    { what: 'a form', path: () => '/stage/test/edit', route: '**/v1beta1/**/stages/test', there: () => page.getByLabel('Shard') },
    {
      what: 'a list',
      path: () => '/settings/access',
      route: '**/roles',
      there: () => page.getByRole('link', { name: 'kargo-viewer' }),
    },
    {
      what: 'the audit trail',
      path: () => '/settings/audit',
      route: '**/audit-log**',
      there: () => page.getByRole('row').nth(1),
    },
  ];
  it.each(pages)('shows where $what cannot be had, leaves the rest, and has a way on', async ({ path, route, there }) => {
    const promotion = (await world.promotionsOf('test'))[0]?.metadata.name ?? '';
    await page.route(route, (call) => call.fulfill({ status: 500, json: { error: `out of order ${HOSTILE}` } }));
    await page.goto(at(path().replace('NAME', promotion)));
    await page.getByText(`out of order ${HOSTILE}`).first().waitFor();
    await page.getByRole('navigation', { name: 'Sections' }).first().waitFor();
    await page.unroute(route);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('out of order').first().waitFor({ state: 'detached' });
    await there().waitFor();
  });

  it('says that it waits for a slow server, shows what is there already, and never sends anything twice', async () => {
    const gate = async (route: string): Promise<() => Promise<void>> => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      await page.route(route, async (call) => {
        await opened;
        await call.fallback();
      });
      return async () => {
        open();
        await page.unroute(route);
      };
    };
    const first = await gate('**/public-server-config');
    await page.goto(at('/settings/config-maps'));
    await page.getByText('Waiting for the server').waitFor();
    const lists = await gate('**/configmaps');
    await first();
    await page.getByText('Loading').waitFor();
    await page.getByRole('link', { name: 'New config map' }).waitFor();
    await lists();
    await page.getByText('None yet.').waitFor();
    await page.getByRole('link', { name: 'New config map' }).click();
    await page.getByLabel('Name required').fill('once');
    await field('Key 1').fill('a');
    const writes = await gate('**/configmaps');
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST' && /configmaps$|planned$/.test(request.url())) sent += 1;
    });
    await button('Create').click();
    await expect.poll(() => button('Create').getAttribute('aria-busy'), WAIT).toBe('true');
    await page.keyboard.press('Control+s');
    await page.keyboard.press('Control+s');
    await writes();
    await page.getByRole('row').filter({ hasText: 'once' }).waitFor();
    expect(sent).toBe(1);
    expect((await world.client.list(ConfigMap, { namespace: PROJECT })).items.map(({ metadata }) => metadata.name)).toContain(
      'once',
    );
    await page.goto(at(`/promote/freight/${freight.metadata.name}/stage/prod`));
    const promote = page.getByRole('dialog').getByRole('button', { name: 'Promote', exact: true });
    await expect.poll(() => promote.isEnabled(), WAIT).toBe(true);
    const plans = await gate('**/promotions/planned');
    const explains = await gate('**/explain');
    for (let count = 0; count < 3; count += 1) await page.keyboard.press('Control+Enter');
    await expect.poll(() => promote.getAttribute('aria-busy'), WAIT).toBe('true');
    await plans();
    await page.getByRole('heading', { level: 1, name: `${label} to prod` }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Succeeded' }).waitFor();
    await explains();
    expect(await world.promotionsOf('prod')).toHaveLength(1);
  });

  it('asks to sign in again over the page when the session is over, and goes on from there', async () => {
    await page.goto(at('/create-stage'));
    await page.getByLabel('Name required').fill('typed-before');
    await page.evaluate(`localStorage.setItem('auth_token', 'over')`);
    await button('Create stage').click();
    const dialog = page.getByRole('dialog', { name: 'Your session is over' });
    await dialog.getByLabel('Admin password').fill('wrong');
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Admin password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Name required').inputValue()).toBe('typed-before');
    // Opened with a session that is over: what could not be read is read once there is one again.
    await page.goto(at('/stage/test/edit'));
    await page.getByLabel('Shard').waitFor();
    await page.evaluate(`localStorage.setItem('auth_token', 'over')`);
    await page.reload();
    await dialog.getByLabel('Admin password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('Shard').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('runs no script of any text: in commits, messages, outputs, metadata, annotations, addresses and what is typed', async () => {
    await world.ok(`promote --project ${PROJECT} --stage broken --freight ${freight.metadata.name}`);
    const broken = await world.until('the promotion to fail', async () => {
      const [promotion] = await world.promotionsOf('broken');
      return promotion?.status?.phase === 'Errored' || promotion?.status?.phase === 'Failed' ? promotion : undefined;
    });
    const sees = async (path: string, count = 1): Promise<void> => {
      await page.goto(at(path));
      await expect.poll(() => page.getByText(HOSTILE).count(), WAIT).toBeGreaterThanOrEqual(count);
    };
    await sees('');
    await sees('/stage/broken', 2);
    await sees(`/freight/${freight.metadata.name}`, 2);
    await sees(`/promotion/${broken.metadata.name}`, 1);
    await sees(`/promotion/${broken.metadata.name}?step=said&tab=Output`, 1);
    await sees('/events');
    const odd = encodeURIComponent(HOSTILE);
    for (const path of [`/stage/${odd}`, `/freight/${odd}`, `/warehouse/${odd}`, `/promotion/${odd}`]) await sees(path);
    await page.goto(`${world.plane.address}/project/${odd}`);
    await page.getByRole('heading', { name: `There is no project ${HOSTILE}` }).waitFor();
    await page.goto(at(`?q=${odd}&view=list`));
    expect(await page.getByRole('searchbox').first().inputValue()).toBe(HOSTILE);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill(HOSTILE);
    await page.getByText('Nothing is called that.').waitFor();
    expect(await page.locator('a[href^="javascript:"], img').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(requests.filter((url) => url.endsWith('/x'))).toEqual([]);
  });

  it('has room for names of 253 characters, on a wide window and on a phone', async () => {
    await world.ok(`promote --project ${PROJECT} --stage ${LONG} --freight ${freight.metadata.name}`);
    await world.verified(freight.metadata.name ?? '', LONG);
    await world.ok(['create', 'configmap', LONG, '--project', PROJECT, '--set', `${'k'.repeat(253)}=v`, '--description', LONG]);
    await world.ok(['create', 'generic-credentials', LONG, '--project', PROJECT, '--set', 'token=v', '--description', LONG]);
    await world.ok(`update freight --project ${PROJECT} --name ${freight.metadata.name} --new-alias ${'a'.repeat(63)}`);
    const [promotion] = await world.promotionsOf(LONG);
    const alias = 'a'.repeat(63);
    const all: [path: string, there: () => Locator][] = [
      ['', () => page.getByRole('article', { name: new RegExp(`^Stage ${LONG}`) })],
      ['?view=list', () => page.getByRole('table', { name: 'Stages' })],
      ['?view=graph', () => page.getByRole('article', { name: new RegExp(`^Stage ${LONG}`) })],
      ['?view=images', () => page.getByRole('table').first()],
      [`/stage/${LONG}`, () => page.getByRole('complementary', { name: `Stage ${LONG}` })],
      [`/stage/${LONG}/edit`, () => page.getByLabel('Shard')],
      [`/warehouse/${LONG}`, () => page.getByRole('complementary', { name: `Warehouse ${LONG}` })],
      [`/freight/${freight.metadata.name}`, () => page.getByRole('complementary', { name: `Freight ${alias}` })],
      [`/promote/stage/${LONG}`, () => page.getByRole('dialog')],
      [`/promotion/${promotion?.metadata.name}`, () => page.getByRole('heading', { level: 1 })],
      ['/promotions', () => page.getByRole('table')],
      ['/verifications', () => page.getByRole('table')],
      ['/events', () => page.getByRole('row').nth(1)],
      ['/settings/config-maps', () => page.getByRole('link', { name: LONG })],
      ['/settings/secrets', () => page.getByRole('link', { name: LONG })],
      [`/settings/config-maps/${LONG}`, () => page.getByRole('heading', { level: 1 })],
      ['/settings/audit', () => page.getByRole('row').nth(1)],
    ];
    const wide: string[] = [];
    for (const [path, there] of all) {
      // As a link would: without loading everything again.
      await page.evaluate(
        `history.pushState({}, '', ${JSON.stringify(new URL(at(path)).pathname + new URL(at(path)).search)}); dispatchEvent(new PopStateEvent('popstate'))`,
      );
      await there().first().waitFor();
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        if (!(await fits(page))) wide.push(`${path.replace(LONG, 'LONG')} at ${width}`);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    expect(wide).toEqual([]);
    expect((await world.get(Stage, LONG)).status?.phase).toBe('Steady');
  });

  it('had nothing fail in the page', () => {
    expect(errors).toEqual([]);
  });
});
