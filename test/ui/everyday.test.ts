/** What a day with the dashboard brings, in a real browser: many tabs, a controller that is gone, people who share a browser, small screens. */
import { AnalysisTemplate, ProjectConfig, type Freight } from '@kargo/api';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest } from '../../examples/demo/manifests.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { seriousProblems } from './accessibility.ts';
import { findChromium, launch } from './browser.ts';
import { quickStage } from './quick-stage.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let freight: Freight;
const errors: string[] = [];
const at = (path = ''): string => `${world.plane.address}/project/${PROJECT}${path}`;

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
    await world.ok('apply -f -', [quickStage('test'), quickStage('prod', 'test')].join('---\n'));
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
    // A page behind others is painted once a second, for which every click would wait.
    await page.bringToFront();
  }, 60_000);

  it('writes policies by labels in their form, and keeps what the form does not know', async () => {
    await page.goto(at('/settings/project-config'));
    await page.getByRole('button', { name: 'Add policy' }).click();
    const last = await page
      .getByRole('listitem')
      .filter({ has: page.getByLabel(/^Stages of policy/) })
      .count();
    const policy = `policy ${last}`;
    await page.getByLabel(`Stages of ${policy}`).fill('');
    await page.getByRole('button', { name: `Labels of ${policy}`, exact: true }).click();
    const labels = page.getByRole('group', { name: `Labels of ${policy}`, exact: true });
    await labels.getByRole('button', { name: /^Add/ }).click();
    await labels.getByLabel(/new key/).fill('tier');
    await page.keyboard.press('Enter');
    await labels.getByLabel(/value of tier/).fill('lab');
    await page.getByRole('button', { name: `Add rule to ${policy}` }).click();
    await page.getByLabel(`Rule 1 of ${policy}: label`).fill('region');
    await page.getByLabel(`Rule 1 of ${policy}: what holds`).selectOption('is none of');
    await page.getByLabel(`Rule 1 of ${policy}: values`).fill('cn, ru,');
    await page.getByRole('button', { name: `Add rule to ${policy}` }).click();
    await page.getByLabel(`Rule 2 of ${policy}: label`).fill('canary');
    await page.getByLabel(`Rule 2 of ${policy}: what holds`).selectOption('is there');
    await page.getByLabel(`Stages of ${policy}`).fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('status').filter({ hasText: 'Saved at' }).waitFor();
    const { spec } = await world.get(ProjectConfig, PROJECT);
    expect(spec?.promotionPolicies?.at(-1)).toEqual({
      stageSelector: {
        matchLabels: { tier: 'lab' },
        matchExpressions: [
          { key: 'region', operator: 'NotIn', values: ['cn', 'ru'] },
          { key: 'canary', operator: 'Exists' },
        ],
      },
      autoPromotionEnabled: true,
    });
  });

  it('writes what a metric is measured by in a form of its own; who changes his mind finds what he had typed there', async () => {
    await page.goto(at('/settings/analysis-templates/new'));
    await page.getByLabel('Name required').first().fill('errors');
    const metric = page.getByRole('group', { name: 'Metric 1' });
    const measuredBy = metric.getByLabel(/^Measured by/);
    await measuredBy.selectOption('Prometheus');
    await metric.getByLabel(/^Query/).fill('sum(errors)');
    await measuredBy.selectOption('Web');
    await metric.getByLabel(/^URL/).fill('https://shop.example.com/health');
    await metric
      .getByRole('button', { name: /more options/ })
      .first()
      .click();
    await metric.getByLabel('Method').selectOption('POST');
    await measuredBy.selectOption('Prometheus');
    expect(await metric.getByLabel(/^Query/).inputValue()).toBe('sum(errors)');
    await page.getByLabel('Add metric').selectOption('Job');
    const job = page.getByRole('group', { name: 'Metric 2' });
    await job.getByLabel(/^Image/).fill('busybox');
    // What was typed goes with its metric.
    await page.getByRole('button', { name: 'Move metric 2 up' }).click();
    await expect.poll(() => metric.getByLabel(/^Image/).inputValue()).toBe('busybox');
    await measuredBy.selectOption('Web');
    expect(await metric.getByLabel(/^URL/).inputValue()).toBe('https://');
    await measuredBy.selectOption('Job');
    expect(await metric.getByLabel(/^Image/).inputValue()).toBe('busybox');
    await page.getByRole('button', { name: 'Move metric 2 up' }).click();
    expect(await metric.getByLabel(/^Query/).inputValue()).toBe('sum(errors)');
    await page.getByRole('button', { name: 'Create analysis template' }).click();
    await page.getByRole('link', { name: 'errors' }).waitFor();
    const { metrics } = (await world.get(AnalysisTemplate, 'errors')).spec;
    expect(metrics?.map(({ name, provider }) => [name, Object.keys(provider)])).toEqual([
      ['smoke', ['prometheus']],
      ['job', ['job']],
    ]);
    expect(JSON.stringify(metrics?.[1]?.provider)).toContain('"image":"busybox"');
  });

  it('warns of what is odd at its line while a stage is written, and saves it all the same', async () => {
    await world.ok(
      'apply -f -',
      quickStage('odd', 'test').replace('steps: [', 'steps: [{ uses: fail, as: stop, config: { message: no } }, '),
    );
    await page.goto(at('/stage/odd/edit'));
    const warnings = page.getByRole('status', { name: 'Warnings' });
    await warnings.getByText('this step never runs').waitFor();
    await page.locator('.cm-lint-marker-warning').first().waitFor();
    await page
      .getByLabel(/^Colour/)
      .first()
      .selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL('**/stage/odd');
    await world.ok(`delete stage odd --project ${PROJECT}`);
  });

  it('narrows freight and events down by time, source and group, and keeps that in the address', async () => {
    await page.goto(at());
    await page.getByRole('button', { name: 'Narrow down' }).click();
    await page.getByLabel('Time').selectOption('The last hour');
    await page.getByLabel('Source').selectOption({ index: 1 });
    await page.reload();
    expect(await page.getByLabel('Time').inputValue()).toBe('1h');
    await page.getByRole('grid').getByRole('row').first().waitFor();
    await page.goto(at('?source=elsewhere'));
    await page.getByText('No freight of my-warehouse fits what is chosen above.').waitFor();
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByRole('grid').getByRole('row').first().waitFor();
    await page.goto(at('/events?range=1h&source=my-warehouse'));
    await page.getByRole('row').nth(1).waitFor();
    await page.goto(at('/events?group=tier%3Dnone'));
    await page.getByText('No event matches.').waitFor();
    await page.goto(at('/settings/audit?to=2001-01-01'));
    await page.getByText('Nothing that matches.').waitFor();
    await page.getByLabel('Until the day').fill('');
    await page.getByLabel('Time').selectOption('The last hour');
    await page.getByRole('table').getByRole('row').nth(1).waitFor();
    expect(new URL(page.url()).search).toBe('?range=1h');
  });

  it('shows freight on a phone without scrolling sideways, and promotes with a thumb', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(at());
    await page.getByRole('button', { name: /^Freight/ }).click();
    const promote = page.getByRole('grid').getByRole('link', { name: /^Promote .* to prod$/ });
    await promote.waitFor();
    const wide = `[document.documentElement, document.querySelector('.scroll')].map((each) => each.scrollWidth - each.clientWidth)`;
    expect(await page.evaluate(wide)).toEqual([0, 0]);
    expect((await promote.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await promote.click();
    await page.getByRole('dialog', { name: /^Promote .* to prod/ }).waitFor();
    await page.goBack();
    await promote.waitFor();
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('says for how long a preview has been rehearsed already, and stops it', async () => {
    let asked = 0;
    await page.route('**/promotions/preview', async (route) => {
      asked += 1;
      // The first one takes for ever.
      if (asked > 1) await route.continue();
    });
    await page.goto(at(`/promote/freight/${freight.metadata.name ?? ''}/stage/prod`));
    const dialog = page.getByRole('dialog', { name: /^Promote .* to prod/ });
    await dialog.getByText(/[3-9] s so far\. It clones, edits and renders for note\./).waitFor();
    await dialog.getByRole('button', { name: 'Stop the rehearsal' }).click();
    await dialog.getByText('The rehearsal was stopped').waitFor();
    expect(await dialog.getByRole('button', { name: 'Promote', exact: true }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Rehearse again' }).click();
    await expect.poll(() => dialog.getByRole('button', { name: 'Promote', exact: true }).isEnabled()).toBe(true);
    await page.unroute('**/promotions/preview');
  });

  it('says since when no controller has reported, and does not pretend to know how stages stand', async () => {
    const timestamp = new Date(Date.now() - 185_000).toISOString();
    await page.route('**/controller-heartbeats', (route) =>
      route.fulfill({ json: { heartbeats: { '': { status: 'Dead', timestamp } }, defaultController: '' } }),
    );
    await page.goto(at());
    const banner = page.getByRole('status', { name: 'Controllers that do not report' });
    await banner.getByText('No controller has reported for 3 min').waitFor();
    await banner.getByText(`since ${new Date(timestamp).toLocaleTimeString()}`).waitFor();
    await page.getByRole('article', { name: 'Stage test, Unknown' }).waitFor();
    expect(await page.getByText('Steady', { exact: true }).count()).toBe(0);
    expect(await page.getByText('Live', { exact: true }).count()).toBe(0);
    await page.getByText('Controller silent').waitFor();
    for (const path of ['/events', '/stage/test']) {
      await page.goto(at(path));
      await banner.waitFor();
    }
    await page.getByRole('complementary').getByText('Unknown', { exact: true }).first().waitFor();
    await page.unroute('**/controller-heartbeats');
    await page.goto(at());
    await page.getByRole('article', { name: /^Stage test, (Steady|Verifying)/ }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('keeps what was typed over a reload, and not for who signs in next', async () => {
    const typed = page.getByLabel('Name', { exact: false }).first();
    await page.goto(at('/create-stage'));
    await typed.fill('secret-plan');
    await page.reload();
    await page.getByText('This is what you had typed before.').waitFor();
    expect(await typed.inputValue()).toBe('secret-plan');
    await page.getByRole('button', { name: /^You,/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Admin password').waitFor();
    expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain('secret-plan');
    await signIn(page);
    await page.goto(at('/create-stage'));
    await page.getByRole('button', { name: 'Create stage' }).waitFor();
    expect(await typed.inputValue()).toBe('');
  });

  it('failed nowhere in the page', () => {
    expect(errors).toEqual([]);
  });
});
