/** Every page in a real browser: by its address, to those who do not see, in the dark and on a phone; and what settings keep, show and never show. */
import { readFile } from 'node:fs/promises';
import { ConfigMap, Secret } from '@kargo/api';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest } from '../../examples/demo/manifests.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { PROJECT, World } from '../e2e/world.ts';
import { seriousProblems } from './accessibility.ts';
import { findChromium, fits, launch, signedIn } from './browser.ts';
import { quickStage } from './quick-stage.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

const WAIT = { timeout: 20_000 };

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const errors: string[] = [];
/** What the server has answered, to be searched for what must not be in it. */
const answers: Promise<string>[] = [];
/** Names of what addresses speak of. */
const names = { freight: '', older: '', promotion: '', verification: '' };

const stage = (name: string, upstream?: string): string =>
  `${quickStage(name, upstream)}  verification: { analysisTemplates: [{ name: kargo-demo }] }
`;

const heading =
  (name: string | RegExp) =>
  (on: Page): Locator =>
    on.getByRole('heading', { name }).first();
const panel =
  (name: RegExp) =>
  (on: Page): Locator =>
    on.getByRole('complementary', { name });
/** Every address, and what is there. Words in capitals are {@link names}. */
const PAGES: readonly (readonly [path: string, there: (on: Page) => Locator])[] = [
  ['/', (on) => on.getByRole('table', { name: 'Projects' })],
  ['/create-project', heading('New project')],
  ['/create-project/quick', heading('New project')],
  ['/user', heading('You')],
  ['/downloads', heading('Command line')],
  ['/no/such/page', heading('There is nothing at this address')],
  ['/project/nowhere', heading('There is no project nowhere')],
  ...['cluster-config', 'receivers', 'shared-secrets', 'system-secrets', 'config-maps']
    .concat([
      'system-config-maps',

      'analysis-templates',
      'cluster-promotion-tasks',
      'access',
      'tokens',
      'audit',
    ])
    .map((path) => [`/settings/${path}`, (on: Page) => on.locator('main h1').first()] as const),
  ...['general', 'project-config', 'receivers', 'secrets', 'secrets/new', 'config-maps', 'config-maps/new', 'analysis-templates']
    .concat([
      'analysis-templates/kargo-demo',
      'promotion-tasks',
      'promotion-tasks/new',
      'access',
      'access/kargo-viewer',
      'tokens',
      'audit',
    ])
    .map((path) => [`/project/${PROJECT}/settings/${path}`, (on: Page) => on.locator('main h1').first()] as const),
  ...(
    [
      ['', (on) => on.getByRole('article', { name: /^Stage prod/ })],
      ['?view=graph', (on) => on.getByRole('article', { name: /^Stage prod/ })],
      ['?view=list', (on) => on.getByRole('table', { name: 'Stages' })],
      ['?view=images', (on) => on.getByRole('table', { name: /^Stages by tag/ })],
      ['/stage/test', panel(/^Stage test/)],
      ['/stage/test?tab=Verifications', (on) => on.getByRole('tabpanel').getByRole('link').first()],
      ['/stage/test?tab=Freight+history', (on) => on.getByText('Active', { exact: true })],
      ['/stage/test?tab=Manifest', (on) => on.getByText('freightHistory:')],
      ['/stage/test?tab=Settings', (on) => on.getByRole('link', { name: 'Edit the stage' })],
      ['/stage/test/edit', (on) => on.getByLabel('Shard')],
      ['/freight/FREIGHT', panel(/^Freight/)],
      ['/freight/FREIGHT?tab=Compare', (on) => on.getByRole('list', { name: 'Differences' })],
      ['/freight/FREIGHT?tab=Manifest', (on) => on.getByText('verifiedIn:')],
      ['/warehouse/my-warehouse', panel(/^Warehouse/)],
      ['/warehouse/my-warehouse/create-freight', (on) => on.getByRole('button', { name: 'Create freight' })],
      ['/warehouse/my-warehouse/live-manifest', (on) => on.getByText('subscriptions:')],
      ['/warehouse/my-warehouse/settings', (on) => on.getByRole('link', { name: 'Edit the warehouse' })],
      ['/warehouse/my-warehouse/edit', (on) => on.getByLabel('Looks every')],
      ['/promote/stage/prod', (on) => on.getByRole('dialog')],
      ['/promote/freight/FREIGHT/stage/prod', (on) => on.getByText('all open')],
      ['/promotions', (on) => on.getByRole('table', { name: 'Promotions' })],
      ['/promotion/PROMOTION', (on) => on.getByRole('button', { name: /^note/ })],
      ['/verifications', (on) => on.getByRole('table', { name: 'Verifications' })],
      ['/stage/test/verification/VERIFICATION', (on) => on.getByRole('status').filter({ hasText: 'Successful' })],
      ['/events', (on) => on.getByRole('row').nth(1)],
      ['/create-stage', heading('New stage')],
      ['/create-warehouse', heading('New warehouse')],
    ] as const satisfies readonly (readonly [string, (on: Page) => Locator])[]
  ).map(([path, there]) => [`/project/${PROJECT}${path}`, there] as const),
];
const filled = (path: string): string =>
  path.replace('FREIGHT', names.freight).replace('PROMOTION', names.promotion).replace('VERIFICATION', names.verification);

describe.skipIf('skipped' in chromium)('every page', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.ok('apply -f -', (await manifest('project', world.addresses)).replace('- "10"', '- "0"'));
    await world.ok('apply -f -', [stage('test'), stage('prod', 'test')].join('---\n'));
    names.older = (await world.freightWithTag('1.26.1')).metadata.name ?? '';
    await world.verified(names.older, 'test');
    world.registry.pushImage('nginx/nginx', '1.26.2');
    await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
    names.freight = (await world.freightWithTag('1.26.2')).metadata.name ?? '';
    await world.verified(names.freight, 'test');
    names.promotion = (await world.promotionsOf('test'))[0]?.metadata.name ?? '';
    names.verification = (await world.stage('test')).status?.freightHistory?.[0]?.verificationHistory?.[0]?.id ?? '';
    browser = await launch('program' in chromium ? chromium.program : '');
    context = await signedIn(browser, world.plane.address, errors);
    page = await context.newPage();
    page.on('response', (response) => {
      if (response.url().includes('/v1beta1/') && !response.url().includes('watch'))
        answers.push(response.text().catch(() => ''));
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const row = (name: string): Locator => page.getByRole('row').filter({ hasText: name });
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const field = (name: string): Locator => page.getByLabel(name, { exact: true });
  const visit = async (path: string, name: string): Promise<void> => {
    await page.goto(world.plane.address + path);
    await page.getByRole('heading', { level: 1, name }).waitFor();
  };
  const settings = `/project/${PROJECT}/settings`;

  it('is at its own address, says what it is, has nothing serious for axe, and fits a phone in the dark', async () => {
    const wrong: string[] = [];
    const rest = [...PAGES];
    const look = async (): Promise<void> => {
      const tab = await context.newPage();
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
        const [path, there] = next;
        const address = world.plane.address + filled(path);
        // The board beside panels and the bar over settings are looked at once.
        const beside = /\/(stage|freight|warehouse)\/[\w-]+(\?|$)|\/warehouse\//.test(path) && !path.endsWith('/edit');
        const within = path.includes('/settings/')
          ? 'main'
          : path.includes('/promote/')
            ? 'dialog'
            : beside
              ? 'aside'
              : undefined;
        await tab.setViewportSize({ width: 1280, height: 800 });
        // Settings are all served alike: one loaded, the others gone to as links do.
        if (path.includes('/settings/') && tab.url().includes('/settings/'))
          await tab.evaluate(
            `history.pushState({}, '', ${JSON.stringify(address)}); dispatchEvent(new PopStateEvent('popstate'))`,
          );
        else await tab.goto(address);
        await tab.evaluate(`document.documentElement.dataset.theme = 'light'`);
        await there(tab)
          .waitFor()
          .catch(() => wrong.push(`${path}: what should be there is not`));
        if (!(await tab.title()).endsWith('Kargo')) wrong.push(`${path}: called ${await tab.title()}`);
        wrong.push(...(await seriousProblems(tab, { within })).map((problem) => `${path}: ${problem}`));
        await tab.setViewportSize({ width: 390, height: 844 });
        if (!(await fits(tab))) wrong.push(`${path}: wider than a phone`);
        if (path.includes('/settings/')) continue;
        await tab.evaluate(`document.documentElement.dataset.theme = 'dark'`);
        wrong.push(
          ...(await seriousProblems(tab, { rules: ['color-contrast'], within })).map(
            (problem) => `${path} in the dark: ${problem}`,
          ),
        );
      }
      await tab.close();
    };
    await Promise.all([look(), look(), look()]);
    expect(wrong).toEqual([]);
  });

  it('comes back by the browser’s own buttons, with what was open, chosen and typed in the address', async () => {
    const at = (path: string): Promise<void> =>
      expect
        .poll(() => {
          const { pathname, search } = new URL(page.url());
          return pathname + search;
        }, WAIT)
        .toBe(`/project/${PROJECT}${path}`);
    await page.goto(`${world.plane.address}/project/${PROJECT}?view=list`);
    await page.getByRole('table', { name: 'Stages' }).getByRole('link', { name: 'test', exact: true }).click();
    await panel(/^Stage test/)(page)
      .getByRole('tab', { name: 'Freight history' })
      .click();
    await at('/stage/test?view=list&tab=Freight+history');
    await panel(/^Stage test/)(page)
      .getByRole('tabpanel')
      .getByRole('link')
      .first()
      .click();
    await panel(/^Freight/)(page).waitFor();
    await page
      .getByRole('navigation', { name: 'Sections' })
      .first()
      .getByRole('link', { name: /^Promotions/ })
      .click();
    await page.getByRole('searchbox').fill('test');
    await at('/promotions?q=test');
    await page.getByRole('row').filter({ hasText: 'Succeeded' }).first().getByRole('link').first().click();
    await page.getByRole('button', { name: /^note/ }).waitFor();
    await page.goBack();
    await at('/promotions?q=test');
    expect(await page.getByRole('searchbox').inputValue()).toBe('test');
    await page.goBack();
    await panel(/^Freight/)(page).waitFor();
    await page.goBack();
    await at('/stage/test?view=list&tab=Freight+history');
    await page.getByText('Active', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('Active', { exact: true }).waitFor();
    await page.getByRole('table', { name: 'Stages' }).waitFor();
    await page.goBack();
    await panel(/^Stage test/)(page).waitFor({ state: 'detached' });
    await page.goForward();
    await panel(/^Stage test/)(page).waitFor();
  });

  it('makes, changes and deletes credentials of every sort and scope, and nothing ever shows a secret again', async () => {
    await visit(`${settings}/secrets/new`, 'New credentials');
    await page.getByLabel('Name required').fill('several');
    await field('For').selectOption('generic');
    await field('Description').fill('two keys');
    await field('Key 1').fill('user');
    await field('Value of user').fill('s3cret-user');
    await button('Add to Values').click();
    await field('Key 2').fill('token');
    await field('Value of token').fill('s3cret-token');
    await button('Create').click();
    await row('several').getByText('user, token').or(row('several').getByText('token, user')).waitFor();
    await page.getByRole('link', { name: 'several' }).click();
    expect(await field('Value of token').inputValue()).toBe('');
    await field('Value of token').fill('s3cret-second');
    await button('Remove user').click();
    await button('Add to Values').click();
    await field('Key 2').fill('extra');
    await field('Value of extra').fill('s3cret-extra');
    await button('Save').click();
    await row('several').getByText('extra').waitFor();
    const read = async (name: string): Promise<Record<string, string>> =>
      Object.fromEntries(
        Object.entries((await world.get(Secret, name)).data ?? {}).map(([key, value]) => [
          key,
          Buffer.from(value, 'base64').toString(),
        ]),
      );
    expect(await read('several')).toEqual({ token: 's3cret-second', extra: 's3cret-extra' });
    for (const [type, name, repository] of [
      ['image', 'registry', 'ghcr.io/acme/.*'],
      ['helm', 'charts', 'https://charts.example.com'],
    ] as const) {
      await page.getByRole('link', { name: 'New credentials' }).click();
      await page.getByLabel('Name required').fill(name);
      await field('For').selectOption(type);
      await field('Repository').fill(repository);
      if (type === 'image') await page.getByLabel('it is a pattern').check();
      await field('User name').fill('bot');
      await field('Password or token').fill('s3cret-of-repository');
      await button('Create').click();
      await row(repository).waitFor();
    }
    expect(await read('registry')).toMatchObject({ repoURLIsRegex: 'true', password: 's3cret-of-repository' });
    await page.getByRole('link', { name: 'several' }).click();
    await button('Delete').click();
    await button('Delete it').click();
    await row('registry').waitFor();
    expect(await row('several').count()).toBe(0);
    await visit('/settings/system-secrets/new', 'New credentials');
    await page.getByLabel('Name required').fill('of-system');
    await field('Key 1').fill('key');
    await field('Value of key').fill('s3cret-of-system');
    await button('Create').click();
    await row('of-system').waitFor();
    expect((await Promise.all(answers)).filter((text) => /s3cret-|czNjcmV0/.test(text))).toEqual([]);
    expect(await page.content()).not.toContain('s3cret-');
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage])')).not.toContain('s3cret-');
  });

  it('makes, changes and deletes config maps of a project, of all and of the system; a name that is taken is said', async () => {
    await visit(`${settings}/config-maps/new`, 'New config map');
    const fill = async (name: string): Promise<void> => {
      await page.getByLabel('Name required').fill(name);
      await field('Key 1').fill('region');
      await field('Value of region').fill('eu\nwest');
    };
    await fill('values');
    await button('Create').click();
    await row('values').getByText('region').waitFor();
    await page.getByRole('link', { name: 'New config map' }).click();
    await fill('values');
    await button('Create').click();
    await page.getByRole('alert').filter({ hasText: 'already exists' }).waitFor();
    expect(await field('Value of region').inputValue()).toBe('eu\nwest');
    await button('Cancel').click();
    await page.getByRole('link', { name: 'values' }).click();
    await field('Description').fill('where it runs');
    await button('Add to Values').click();
    await field('Key 2').fill('zone');
    await field('Value of zone').fill('b');
    await button('Save').click();
    await row('where it runs').waitFor();
    expect((await world.get(ConfigMap, 'values')).data).toEqual({ region: 'eu\nwest', zone: 'b' });
    await page.getByRole('link', { name: 'values' }).click();
    await button('Delete').click();
    await button('Keep it').click();
    await button('Delete').click();
    await button('Delete it').click();
    await page.getByText('None yet.').waitFor();
    for (const scope of ['config-maps', 'system-config-maps']) {
      await page.goto(`${world.plane.address}/settings/${scope}/new`);
      await fill(`of-${scope}`);
      await button('Create').click();
      await row(`of-${scope}`).getByText('region').waitFor();
    }
  });

  it('gives the audit trail as a file, with what was filtered for', async () => {
    await visit('/settings/audit', 'Audit trail');
    await field('Filter by name').fill('values');
    await page.keyboard.press('Enter');
    await row('UpdateProjectConfigMap').waitFor();
    await expect.poll(() => row('CreateProjectRepoCredentials').count(), WAIT).toBe(0);
    const [download] = await Promise.all([page.waitForEvent('download'), button('Export').click()]);
    expect(download.suggestedFilename()).toBe('kargo-audit-log.jsonl');
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { operation: string; actor: string; result: string });
    expect(entries.map(({ operation, result }) => `${operation} ${result}`)).toEqual(
      expect.arrayContaining(['CreateProjectConfigMap done', 'UpdateProjectConfigMap done', 'DeleteProjectConfigMap done']),
    );
    expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set(['admin']));
    expect(lines.join('\n')).not.toContain('s3cret-');
  });

  it('had nothing fail in the page', () => {
    expect(errors).toEqual([]);
  });
});
