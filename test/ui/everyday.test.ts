/** What a day with the dashboard brings, in a real browser: many tabs, a controller that is gone, people who share a browser, small screens. */
import type { Freight } from '@kargo/api';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest } from '../../examples/demo/manifests.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { findChromium, launch } from './browser.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let freight: Freight;
const errors: string[] = [];
const at = (path = ''): string => `${world.plane.address}/project/${PROJECT}${path}`;

function stage(name: string, sources: string): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: ${name}, namespace: ${PROJECT} }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: my-warehouse }
      sources: { ${sources} }
  promotionTemplate: { spec: { steps: [{ uses: compose-output, as: note, config: { note: ${name} } }] } }
`;
}

async function signIn(tab: Page): Promise<void> {
  await tab.goto(at());
  await tab.getByLabel('Admin password').fill(PASSWORD);
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByRole('article', { name: /^Stage test/ }).waitFor();
}

describe.skipIf('skipped' in chromium)('every day', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.ok('apply -f -', await manifest('project', world.addresses));
    await world.ok('apply -f -', [stage('test', 'direct: true'), stage('prod', 'stages: [test]')].join('---\n'));
    freight = await world.freightWithTag('1.26.1');
    await world.verified(freight.metadata.name ?? '', 'test');
    browser = await launch('program' in chromium ? chromium.program : '');
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    await signIn(page);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('is live in ten tabs at once, in which everything else works too; also after the first one is closed, and another crashes', async () => {
    const tabs = [await context.newPage(), ...(await Promise.all(Array.from({ length: 9 }, () => context.newPage())))];
    for (const tab of tabs) await tab.goto(at());
    for (const tab of tabs) await tab.getByText('Live', { exact: true }).waitFor();
    let alias = freight.alias ?? '';
    const rename = async (to: string): Promise<void> => {
      await world.ok(`update freight --project ${PROJECT} --old-alias ${alias} --new-alias ${to}`);
      alias = to;
    };
    await rename('by-ten-hands');
    for (const tab of tabs) await tab.getByRole('link', { name: alias, exact: true }).waitFor();
    const last = tabs.at(-1);
    await last
      ?.getByRole('article', { name: /^Stage test/ })
      .getByRole('link', { name: 'test', exact: true })
      .click();
    await last?.getByRole('complementary').getByRole('button', { name: 'Refresh' }).click();
    await last?.getByRole('button', { name: 'Reverify' }).waitFor();

    await tabs.shift()?.close();
    await rename('by-nine-hands');
    for (const tab of tabs) await tab.getByText(alias, { exact: true }).first().waitFor();

    const crashing = tabs.shift();
    void crashing?.goto('chrome://crash').catch(() => undefined);
    await crashing?.waitForEvent('crash');
    await rename('by-eight-hands');
    for (const tab of tabs) await tab.getByText(alias, { exact: true }).first().waitFor();
    await Promise.all(tabs.map((tab) => tab.close()));
  }, 60_000);

  it('failed nowhere in the page', () => {
    expect(errors).toEqual([]);
  });
});
