/** The web UI in a real browser, against a whole Kargo with real promotions. */
import { Stage } from '@kargo/api';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { findChromium, launch } from './browser.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

let world: World;
let browser: Browser;
let page: Page;
let freight: string;
let alias: string;
const requests: string[] = [];
const errors: string[] = [];

describe.skipIf('skipped' in chromium)('the web UI', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.applyPipeline({ sleep: '1' });
    const found = await world.freightWithTag('1.26.1');
    freight = found.metadata.name ?? '';
    alias = found.alias ?? '';
    await world.verified(freight, 'uat');
    browser = await launch('program' in chromium ? chromium.program : '');
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const shot = async (name: string): Promise<void> => {
    const folder = process.env['KARGO_SCREENSHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };

  it('signs in, says when the password is wrong, and goes to where one wanted to be', async () => {
    await page.goto(`${world.plane.address}/project/${PROJECT}`);
    await page.getByLabel('Admin password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'invalid password' }).waitFor();
    await page.getByLabel('Admin password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('article', { name: /^Stage test/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/project/${PROJECT}`);
    errors.length = 0; // The refused password is logged by the browser as a failed request.
  });

  it('shows what is where, live, and what waits for a person', async () => {
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText(`${alias} is ready for prod`).waitFor();
    await page.getByRole('gridcell', { name: `${alias} in test: Running` }).waitFor();
    await page.getByRole('gridcell', { name: `${alias} in prod: Ready, needs a person` }).waitFor();
    await shot('pipeline');
  });

  it('[S38] promotes Freight to a Stage, and shows the change without reloading', async () => {
    await page
      .getByRole('gridcell', { name: `${alias} in prod` })
      .getByRole('link', { name: 'Promote' })
      .click();
    const dialog = page.getByRole('dialog', { name: `Promote ${alias} to prod` });
    await expect
      .poll(() => dialog.getByRole('button', { name: 'Promote', exact: true }).isEnabled(), { timeout: 20_000 })
      .toBe(true);
    await dialog.getByRole('button', { name: 'Promote', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: `${alias} to prod` }).waitFor();
    await page.goBack();
    await page.getByRole('gridcell', { name: `${alias} in prod: Running` }).waitFor();
    await world.verified(freight, 'prod');
  });

  it('[S44] shows the Stages that Freight is verified in', async () => {
    await page.getByRole('link', { name: alias }).first().click();
    await page.getByRole('heading', { name: 'Verified in' }).waitFor();
    await expect
      .poll(() => page.getByRole('list', { name: 'Verified in' }).getByRole('link').allTextContents())
      .toEqual(['prod', 'test', 'uat']);
    await shot('freight');
    await page.getByRole('button', { name: 'Close' }).click();
    // The board grows when the panel leaves; a click before that would miss.
    await page.getByRole('heading', { name: 'Verified in' }).waitFor({ state: 'detached' });
  });

  it('[S40] refreshes a Stage from its panel', async () => {
    await page.getByRole('link', { name: 'test', exact: true }).click();
    const panel = page.getByRole('complementary', { name: 'Stage test' });
    await panel.getByText('steady and has everything').waitFor();
    const before = (await world.stage('test')).status?.lastHandledRefresh;
    await panel.getByRole('button', { name: 'Refresh' }).click();
    await world.until('the refresh to be handled', async () => (await world.stage('test')).status?.lastHandledRefresh !== before);
    await shot('stage');
  });

  it('[S42] [S43] verifies again from the panel, and aborts that', async () => {
    const panel = page.getByRole('complementary', { name: 'Stage test' });
    await panel.getByRole('button', { name: 'Reverify' }).click();
    await panel.getByRole('button', { name: 'Abort Verification' }).click();
    const phases = async (): Promise<(string | undefined)[]> =>
      (await world.stage('test')).status?.freightHistory?.[0]?.verificationHistory?.map(({ phase }) => phase) ?? [];
    await world.until('the verification to be aborted', async () => (await phases())[0] === 'Aborted');
    expect(await phases()).toEqual(['Aborted', 'Successful']);
    await panel.getByRole('button', { name: 'Reverify' }).waitFor();
    await panel.getByRole('tab', { name: 'Verifications' }).click();
    await panel.getByText('Aborted', { exact: true }).waitFor();
  });

  it('[S36] creates a Stage from the menu in the upper right, through a form; it appears after its upstream', async () => {
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('menuitem', { name: 'Create Stage' }).click();
    await page.getByLabel('Name required').fill('canary');
    await page.getByLabel('straight from the warehouse').uncheck();
    await page.getByLabel('Taken once verified in').selectOption('uat');
    await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByRole('combobox', { name: 'Find a step' }).fill('fail');
    await page.keyboard.press('Enter');
    await page.getByLabel('Message').fill('not yet');
    await shot('create-stage');
    await page.getByRole('button', { name: 'Create stage' }).click();
    await page
      .getByRole('article', { name: /^Stage canary/ })
      .getByText('takes from uat')
      .waitFor();
    expect((await world.stage('canary')).spec.requestedFreight).toEqual([
      { origin: { kind: 'Warehouse', name: 'my-warehouse' }, sources: { stages: ['uat'] } },
    ]);
  });

  it('[S39] deletes a Stage from its panel, after saying what that means', async () => {
    await page.goto(`${world.plane.address}/project/${PROJECT}/stage/canary`);
    const panel = page.getByRole('complementary', { name: 'Stage canary' });
    await panel.getByRole('button', { name: 'Delete', exact: true }).click();
    await panel.getByText('No other stage takes freight from it').waitFor();
    await panel.getByRole('button', { name: 'Delete canary' }).click();
    await page.getByRole('article', { name: /^Stage canary/ }).waitFor({ state: 'detached' });
    expect((await world.client.list(Stage, { namespace: PROJECT })).items.map(({ metadata }) => metadata.name)).not.toContain(
      'canary',
    );
  });

  it('says when it is disconnected, and comes back by itself with what happened meanwhile', async () => {
    const { port } = new URL(world.plane.address);
    await world.down();
    await page.getByText(/Reconnecting in/).waitFor();
    await world.up({ port: Number(port) });
    await world.ok(`delete stage prod --project ${PROJECT}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('article', { name: /^Stage prod/ }).waitFor({ state: 'detached' });
  });

  it('asked nobody but its own server, and nothing failed in the page', () => {
    expect(requests.filter((url) => !url.startsWith(world.plane.address) && !url.startsWith('data:'))).toEqual([]);
    expect(errors.filter((text) => !/ERR_|Failed to load resource/.test(text))).toEqual([]);
  });
});
