/** Forms and their YAML in a real browser: one document, checked by schemas and server, that nothing loses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ProjectConfig, Stage } from '@kargo/api';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureUI } from '../../scripts/ui.ts';
import { manifest } from '../../examples/demo/manifests.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { seriousProblems } from './accessibility.ts';
import { findChromium, launch } from './browser.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

/** What would run if the page took text for markup. */
const HOSTILE = '<img src=x onerror="window.hacked=true">';

const WAIT = { timeout: 20_000 };

let world: World;
let browser: Browser;
let page: Page;
const requests: string[] = [];
const errors: string[] = [];

describe.skipIf('skipped' in chromium)('forms in the browser', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    await world.ok('apply -f -', await manifest('project', world.addresses));
    await world.ok('apply -f -', await manifest('stages', world.addresses));
    browser = await launch('program' in chromium ? chromium.program : '');
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${world.plane.address}/project/${PROJECT}/create-stage`);
    await page.getByLabel('Admin password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'New stage' }).waitFor();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const shot = async (name: string): Promise<void> => {
    const folder = process.env['KARGO_SCREENSHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };
  const yaml = (): Locator => page.locator('.cm-content');
  /** What is kept in the browser of what is typed; the editor has only the lines that are seen. */
  const text = async (): Promise<string> =>
    page.evaluate(() => {
      const key = Object.keys(localStorage).find((each) => each.startsWith('draft:'));
      return key === undefined ? '' : (JSON.parse(localStorage.getItem(key) ?? '{}') as { text: string }).text;
    });
  const bar = (): Locator => page.getByRole('status', { name: 'Problems' });
  const addStep = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByRole('combobox', { name: 'Find a step' }).fill(name);
    await page.keyboard.press('Enter');
  };
  /** Types over what the editor shows of `before`. */
  const retype = async (before: string, after: string): Promise<void> => {
    await yaml().getByText(before, { exact: false }).last().click();
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+Home');
    await page.keyboard.insertText(after);
    await page.keyboard.press('Escape');
  };

  it('fills in a Stage by its form: freight, soak time, steps by their schemas, and verification', async () => {
    await page.getByLabel('Name required').fill('canary');
    await page.getByLabel('straight from the warehouse').uncheck();
    await bar().waitFor();
    await page.getByLabel('Taken once verified in').selectOption('uat');
    await page.getByLabel('Soak there').fill('10m');
    await addStep('git-clone');
    await page.getByLabel('Repo URL').fill('https://git.example.com/shop');
    await page.getByRole('group', { name: 'Checkout 1' }).getByLabel('Path').fill('./src');
    await addStep('git-push');
    await page.getByRole('textbox', { name: 'Path' }).last().fill('./src');
    await page.getByLabel('Analysis templates').selectOption('kargo-demo');
    await expect.poll(text, WAIT).toContain('requiredSoakTime: 10m');
    expect(await text()).toContain('repoURL: https://git.example.com/shop');
    expect(await bar().count()).toBe(0);
    await shot('create-stage');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('takes over into the form what is typed as YAML, and keeps comments when the form goes on', async () => {
    await retype('requiredSoakTime', 'requiredSoakTime: 20m # agreed with the team');
    await expect.poll(() => page.getByLabel('Soak there').inputValue(), WAIT).toBe('20m');
    await page.getByLabel('Shard').fill('eu');
    await page.getByRole('button', { name: 'Move step 2 up' }).click();
    await expect.poll(text, WAIT).toContain('shard: eu');
    expect(await text()).toContain('requiredSoakTime: 20m # agreed with the team');
    expect((await text()).indexOf('git-push')).toBeLessThan((await text()).indexOf('git-clone'));
    await page.getByRole('button', { name: 'Move step 2 up' }).click();
  });

  it('stops the form while the YAML cannot be read, and says where', async () => {
    await retype('shard: eu', 'shard: a: b');
    await page.getByText('The form waits.').waitFor();
    expect(await page.getByLabel('Shard').isDisabled()).toBe(true);
    await retype('shard: a: b', 'shard: eu');
    await page.getByText('The form waits.').waitFor({ state: 'detached' });
  });

  it('completes fields and steps from the schemas, and mends what is misspelt', async () => {
    await retype('uses: git-clone', '- uses: git-clon');
    await bar().getByText('Did you mean git-clone?').waitFor();
    await bar().getByRole('button', { name: 'Replace' }).click();
    await bar().waitFor({ state: 'detached' });
    await yaml().getByText('path: ./src').last().click();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.type('tar');
    const option = page.getByRole('option', { name: /^targetBranch/ });
    await option.waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+z');
  });

  it('shows what only the server knows, at its line, before anything is sent', async () => {
    const step = page.getByRole('button', { name: /^1 ?git-clone/ });
    if ((await step.getAttribute('aria-expanded')) === 'false') await step.click();
    await page.getByRole('group', { name: 'Checkout 1' }).getByLabel('Path').fill('${{ vars.nothing }');
    await bar().waitFor();
    const line = Number(/Line (\d+)/.exec((await bar().textContent()) ?? '')?.[1]);
    expect((await text()).split('\n')[line - 1]).toContain('vars.nothing');
    await page.getByRole('group', { name: 'Checkout 1' }).getByLabel('Path').fill('./src');
    await bar().waitFor({ state: 'detached' });
    expect((await world.client.list(Stage, { namespace: PROJECT })).items.map(({ metadata }) => metadata.name)).not.toContain(
      'canary',
    );
  });

  it.each([
    { status: 403, error: `you may not create stages ${HOSTILE}` },
    { status: 500, error: 'internal server error' },
  ])('says that the server answers $status, and keeps everything', async ({ status, error }) => {
    const before = await text();
    await page.route('**/v1beta1/resources', (route) => route.fulfill({ status, json: { error } }));
    await page.getByRole('button', { name: 'Create stage' }).click();
    await page.getByRole('alert').filter({ hasText: error }).waitFor();
    await page.unroute('**/v1beta1/resources');
    expect(await text()).toBe(before);
  });

  it('loses nothing when the page is loaded again', async () => {
    const before = await text();
    await page.reload();
    await page.getByText('This is what you had typed before.').waitFor();
    await yaml().waitFor();
    await expect.poll(text, WAIT).toBe(before);
  });

  it('creates it by the keyboard; it stands behind its upstream', async () => {
    await page.keyboard.press('Control+s');
    await page.getByRole('complementary', { name: 'Stage canary' }).waitFor();
    const { spec } = await world.stage('canary');
    expect(spec).toMatchObject({
      shard: 'eu',
      requestedFreight: [{ origin: { name: 'my-warehouse' }, sources: { stages: ['uat'], requiredSoakTime: '20m' } }],
      verification: { analysisTemplates: [{ name: 'kargo-demo' }] },
    });
    expect(spec.promotionTemplate?.spec.steps?.map(({ uses }) => uses)).toEqual(['git-clone', 'git-push']);
  });

  it('does not overwrite what somebody else changed meanwhile, and brings both together', async () => {
    await page.goto(`${world.plane.address}/project/${PROJECT}/stage/canary/edit`);
    await page.getByLabel('Soak there').fill('30m');
    const stored = await world.stage('canary');
    await world.client.update(Stage, { ...stored, spec: { ...stored.spec, shard: 'us' } });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').filter({ hasText: 'Somebody changed canary first.' }).waitFor();
    expect((await world.stage('canary')).spec.requestedFreight[0]?.sources.requiredSoakTime).toBe('20m');
    await page.getByRole('button', { name: 'Merge and review' }).click();
    await expect.poll(() => page.getByLabel('Shard').inputValue(), WAIT).toBe('us');
    expect(await page.getByLabel('Soak there').inputValue()).toBe('30m');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('complementary', { name: 'Stage canary' }).waitFor();
    expect((await world.stage('canary')).spec).toMatchObject({
      shard: 'us',
      requestedFreight: [{ sources: { requiredSoakTime: '30m' } }],
    });
  });

  it('leads through a new project step by step, and makes everything at the end, once', async () => {
    const next = (): Promise<void> => page.getByRole('button', { name: 'Continue' }).click();
    await page.goto(`${world.plane.address}/create-project`);
    await page.getByLabel('Name required').fill(HOSTILE);
    await page.getByText('Must be lower-case letters').first().waitFor();
    expect(await page.getByRole('button', { name: 'Continue' }).isDisabled()).toBe(true);
    await page.getByLabel('Name required').fill('shop');
    await page.getByLabel('Description').fill(HOSTILE);
    await next();
    await page.getByRole('button', { name: 'Add credentials' }).click();
    await page.getByText('need a name, a repository').waitFor();
    await page.getByLabel('Name required', { exact: true }).fill('git');
    await page.getByLabel('Repository').fill('https://git.example.com/shop');
    await page.getByLabel('User name').fill('bot');
    await page.getByLabel('Password').fill('s3cret-of-guide');
    await next();
    await page.getByRole('button', { name: 'Add warehouse' }).click();
    await page.getByLabel('Name required').fill('web');
    await page.getByLabel('Repo URL').fill(world.addresses.image);
    await next();
    for (const name of ['test', 'prod']) {
      await page.getByRole('button', { name: 'Add stage' }).click();
      await page.getByLabel('Name required').fill(name);
    }
    await next();
    await page.getByRole('button', { name: 'Add policy' }).click();
    expect(await seriousProblems(page)).toEqual([]);
    await next();
    await shot('guide');
    // What fails can be tried again, without making anything twice.
    await page.route('**/repo-credentials', (route) => route.fulfill({ status: 500, json: { error: 'out of order' } }));
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'out of order' }).waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('s3cret-of-guide');
    await page.unroute('**/repo-credentials');
    // One may also go back, change something, and come again.
    await page.getByRole('button', { name: 'Warehouses' }).click();
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('article', { name: /^Stage prod/ }).waitFor();
    const prod = await world.get(Stage, 'prod', 'shop');
    expect(prod.spec.requestedFreight[0]).toMatchObject({ origin: { name: 'web' }, sources: { stages: ['test'] } });
    expect((await world.get(ProjectConfig, 'shop', 'shop')).spec?.promotionPolicies).toHaveLength(1);
  });

  it('creates a warehouse by its form', async () => {
    await page.goto(`${world.plane.address}/project/shop/create-warehouse`);
    await page.getByLabel('Name required').fill('w'.repeat(254));
    await bar().getByText('253').waitFor();
    await page.getByLabel('Repo URL').fill(world.addresses.image);
    await page.getByLabel('Name required').fill('api');
    await page.getByRole('button', { name: 'Git', exact: true }).click();
    await page.getByRole('button', { name: 'Remove subscription 2' }).click();
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create warehouse' }).click();
    await page.waitForURL(/\/project\/shop$/);
    await page.getByText('api').first().waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });

  it('fetches less than 400 KiB of compressed script before an editor is needed', () => {
    const dist = join(import.meta.dirname, '..', '..', 'packages', 'ui', 'dist');
    const scripts = [...readFileSync(join(dist, 'index.html'), 'utf8').matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)];
    const sizes = scripts.map(([, file = '']) => gzipSync(readFileSync(join(dist, file))).length);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(400 * 1024);
    expect(scripts.join()).not.toContain('code-mirror');
  });

  it('asked nobody but its own server, and nothing failed in the page', () => {
    expect(requests.filter((url) => !url.startsWith(world.plane.address) && !url.startsWith('data:'))).toEqual([]);
    expect(errors).toEqual([]);
  });
});
