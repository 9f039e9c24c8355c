/** Finding one's way about a project in a real browser: board, graph, list, panels, keys, phone; and what happens when things go wrong. */
import { Freight } from '@kargo/api';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest } from '../../examples/demo/manifests.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { seriousProblems } from './accessibility.ts';
import { findChromium, launch } from './browser.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

/** What would run if the page took text for markup. */
const HOSTILE = '<img src=x onerror="window.hacked=true">';
const LONG = `long-${'x'.repeat(248)}`;

let world: World;
let browser: Browser;
let page: Page;
let first: Freight;
let second: Freight;
const errors: string[] = [];
const at = (path = ''): string => `${world.plane.address}/project/${PROJECT}${path}`;

/** A pipeline that is quick, as nothing is deployed: with a stage that only passes on, two behind it, one of them with a name as long as names get. */
const stages = (): string =>
  [
    stage('test', [], steps('test')),
    stage('uat', ['test'], steps('uat')),
    stage('prod', ['uat'], steps('prod')),
    stage('gate', ['test'], ''),
    stage('qa-eu', ['gate'], steps('eu')),
    stage(LONG, ['gate'], steps('us')),
    stage('late', ['qa-eu'], steps('late')),
  ].join('---\n');

function stage(name: string, upstreams: readonly string[], template: string): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: ${name}
  namespace: ${PROJECT}
  annotations: { kargo.akuity.io/color: '#b3261e' }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: my-warehouse }
      sources: { ${upstreams.length === 0 ? 'direct: true' : `stages: [${upstreams.join(', ')}]`} }
${template}`;
}

function steps(note: string): string {
  return `  promotionTemplate: { spec: { steps: [{ uses: compose-output, config: { note: ${note} } }] } }\n`;
}

describe.skipIf('skipped' in chromium)('finding one’s way', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.ok('apply -f -', await manifest('project', world.addresses));
    await world.ok('apply -f -', stages());
    first = await world.freightWithTag('1.26.1');
    await world.verified(first.metadata.name ?? '', 'uat');
    world.registry.pushImage('nginx/nginx', '1.26.2');
    await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
    second = await world.freightWithTag('1.26.2');
    await world.verified(second.metadata.name ?? '', 'uat');
    browser = await launch('program' in chromium ? chromium.program : '');
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(at(`?q=&view=board`));
    await page.getByLabel('Admin password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('article', { name: /^Stage test/ }).waitFor();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('shows stages that pass freight on, long names, and colours, and nothing serious for those who cannot see', async () => {
    await page.getByRole('article', { name: 'Stage gate, Passes through' }).waitFor();
    await page.getByRole('article', { name: new RegExp(`^Stage ${LONG}`) }).waitFor();
    expect(await page.locator('.swatch').count()).toBeGreaterThanOrEqual(3);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('goes over the board by keys alone: from cell to cell, into freight, back, to a promotion', async () => {
    const label = second.alias ?? '';
    await page.locator('[data-cell]').first().focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.textContent')).toContain(first.alias);
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: `Freight ${label}` }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    await page.getByRole('gridcell', { name: `${label} in prod: Ready, needs a person` }).focus();
    await page.keyboard.press('p');
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(/^Promote .* to /);
    await page.getByRole('gridcell', { name: `${first.alias} in test: Verified` }).focus();
    await page.keyboard.press('p');
    await page.getByRole('dialog', { name: `Promote ${first.alias} to test` }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type(first.alias ?? '');
    await page.getByText('1 of 2').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe(first.alias);
    await page.keyboard.press('Escape');
    await page.getByText('2, newest first').waitFor();
  });

  it('takes freight that is dragged onto a stage; onto one where it may not go, it says why', async () => {
    await page.setViewportSize({ width: 1440, height: 1200 });
    const drag = async (stageName: string): Promise<void> => {
      await page.getByRole('link', { name: second.alias ?? '', exact: true }).hover();
      await page.locator('.fr:hover .drag-grip').dragTo(page.getByRole('article', { name: new RegExp(`^Stage ${stageName}`) }));
    };
    await drag('late');
    await page
      .getByRole('article', { name: /^Stage late/ })
      .getByText('not verified in Stage qa-eu')
      .waitFor();
    await drag('prod');
    await page.getByRole('dialog', { name: `Promote ${second.alias} to prod` }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('says of every freight where it may not go and why, and lets it in by an approval that goes on to the promotion', async () => {
    world.registry.pushImage('nginx/nginx', '1.26.3');
    await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
    const third = await world.freightWithTag('1.26.3');
    await page.goto(at(`/freight/${third.metadata.name}`));
    const panel = page.getByRole('complementary', { name: `Freight ${third.alias}` });
    await panel.getByRole('list', { name: 'Where it may go' }).getByText('not verified in Stage qa-eu').waitFor();
    await panel.getByRole('button', { name: 'Approve for late…' }).click();
    const dialog = page.getByRole('dialog', { name: `Approve ${third.alias} for late` });
    await dialog.getByText('skips verification and soak time').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Approve only' }).click();
    await panel.getByRole('list', { name: 'Approved for' }).getByText('late').waitFor();
    await panel.getByRole('link', { name: 'Promote to late' }).waitFor();
    await panel.getByRole('tab', { name: 'Compare' }).click();
    await panel.getByRole('list', { name: 'Differences' }).getByText('1.26.3').waitFor();
    await panel.getByRole('combobox').selectOption(first.metadata.name ?? '');
    await panel.getByText(`From ${first.alias} to ${third.alias}`).waitFor();
    await page.reload();
    await panel.getByText(`From ${first.alias} to ${third.alias}`).waitFor();
  });

  it('changes what freight is called, refuses a name that is taken where it was typed, and keeps what was typed', async () => {
    await page.goto(at(`/freight/${second.metadata.name}`));
    await page.getByRole('button', { name: 'Change the alias' }).click();
    await page.getByRole('textbox', { name: 'Alias' }).fill(first.alias ?? '');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').filter({ hasText: 'has the alias' }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Alias' }).inputValue()).toBe(first.alias);
    await page.getByRole('textbox', { name: 'Alias' }).fill('quick-brown-fox');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 2, name: 'quick-brown-fox' }).waitFor();
    await page.getByRole('gridcell', { name: 'quick-brown-fox in test: Verified' }).waitFor();
  });

  it('shows what a warehouse has found, and puts freight together of it; what is there already is said', async () => {
    await page.goto(at());
    await page.getByRole('article', { name: 'Warehouse my-warehouse' }).getByRole('link', { name: 'my-warehouse' }).click();
    const panel = page.getByRole('complementary', { name: 'Warehouse my-warehouse' });
    await panel
      .getByRole('list', { name: /^Found in 127/ })
      .first()
      .getByText('1.26.3')
      .waitFor();
    await panel.getByRole('tab', { name: 'Freight assembly' }).click();
    expect(new URL(page.url()).pathname).toBe(`/project/${PROJECT}/warehouse/my-warehouse/create-freight`);
    expect(await seriousProblems(page)).toEqual([]);
    await panel.getByRole('button', { name: 'Create freight' }).click();
    await panel.getByRole('alert').filter({ hasText: 'There is freight of exactly these artifacts already' }).waitFor();
    await world.git.commit('repo', { files: { 'README.md': HOSTILE }, message: `Say ${HOSTILE}` });
    await panel.getByRole('button', { name: 'Refresh', exact: true }).click();
    await panel.getByText(`Say ${HOSTILE}`).first().waitFor();
    await panel.getByRole('radio', { name: /^1\.26\.1/ }).check();
    await panel.getByLabel('Alias').fill('by-hand');
    await panel.getByRole('button', { name: 'Create freight' }).click();
    await page.getByRole('heading', { level: 2, name: 'by-hand' }).waitFor();
    const made = (await world.client.list(Freight, { namespace: PROJECT })).items.find(({ alias }) => alias === 'by-hand');
    expect(made?.images?.[0]?.tag).toBe('1.26.1');
  });

  it('draws the pipeline as a graph, laid out beside the main thread, and goes from there to a stage', async () => {
    await page.goto(at('?view=graph'));
    await page.getByRole('article', { name: 'Stage gate, passes freight on' }).waitFor();
    await page.getByRole('button', { name: 'Sources' }).click();
    await page.locator('.g-source').first().waitFor();
    await page.getByRole('button', { name: 'Hide what is behind gate' }).click();
    await page.getByRole('article', { name: /^Stage qa-eu/ }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: 'Show the 2 behind gate' }).click();
    await page
      .getByRole('article', { name: /^Stage qa-eu/ })
      .getByRole('link', { name: 'qa-eu' })
      .click();
    await page.getByRole('complementary', { name: 'Stage qa-eu' }).waitFor();
    expect(new URL(page.url()).searchParams.get('view')).toBe('graph');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('lists stages, filtered and sorted, and images by stage', async () => {
    await page.goto(at('?view=list'));
    const table = page.getByRole('table', { name: 'Stages' });
    await table.getByRole('button', { name: 'Stage', exact: true }).click();
    await table.locator('[aria-sort=ascending]').waitFor();
    await table.getByRole('button', { name: 'Stage', exact: true }).click();
    await expect.poll(() => table.getByRole('row').nth(1).textContent()).toContain('uat');
    await table.getByLabel('Only this phase').selectOption('Passes through');
    await expect.poll(() => table.getByRole('row').count()).toBe(2);
    await table.getByText('(Control Flow)').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Images' }).click();
    await page
      .getByRole('table', { name: /^Stages by tag of/ })
      .getByRole('link', { name: 'uat' })
      .waitFor();
    await page.getByLabel('also what ran before').check();
    await page.getByRole('rowheader', { name: '1.26.1' }).waitFor();
  });

  it('chooses freight for a stage, and promotes to all stages behind one after saying to which', async () => {
    await page.goto(at());
    await page.getByRole('button', { name: 'Actions of stage gate' }).click();
    await page.getByRole('menuitem', { name: /all 2 downstream/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Choose freight to promote downstream of gate' });
    const row = dialog.getByRole('listitem').filter({ hasText: 'quick-brown-fox' });
    await row.getByText('May go').waitFor();
    await row.getByRole('button', { name: 'Promote' }).click();
    await dialog.getByText(/quick-brown-fox goes to .*qa-eu/).waitFor();
    await dialog.getByRole('button', { name: 'Promote to 2 stages' }).click();
    await page.getByRole('gridcell', { name: /quick-brown-fox in qa-eu: Running/ }).waitFor();
    await page.goto(at('/promotions'));
    const table = page.getByRole('table', { name: 'Promotions' });
    await table.getByText('qa-eu').first().waitFor();
    await page.getByRole('searchbox', { name: 'Filter promotions' }).fill('uat');
    await expect
      .poll(async () => (await table.getByRole('row').allTextContents()).slice(1).every((text) => text.includes('uat')))
      .toBe(true);
    expect(await seriousProblems(page)).toEqual([]);
    await page.goto(at('/verifications'));
    await page.getByText('Nothing has been measured yet.').waitFor();
  });

  it('lists projects with what they are about, and finds one', async () => {
    await page.goto(world.plane.address);
    const row = page.getByRole('row').filter({ hasText: PROJECT });
    await row.getByRole('img', { name: /stages?:/ }).waitFor();
    await row.getByText('is ready for').waitFor();
    await page.getByRole('button', { name: `Star ${PROJECT}` }).click();
    await page.getByRole('button', { name: /^Starred/ }).click();
    await row.waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByRole('searchbox', { name: 'Filter projects' }).fill('demo');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: /^Stage test/ }).waitFor();
  });

  it('works on a phone for looking and approving', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(at());
    await page.getByRole('article', { name: /^Stage prod/ }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.getByRole('link', { name: 'prod', exact: true }).click();
    const panel = page.getByRole('complementary', { name: 'Stage prod' });
    await panel.getByRole('link', { name: 'Promote', exact: true }).click();
    await page
      .getByRole('dialog', { name: 'Choose freight for prod' })
      .getByRole('link', { name: /^Promote/ })
      .first()
      .click();
    await page.getByRole('dialog', { name: /^Promote .* to prod/ }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('says what is wrong where it is wrong: no such project, no permission, a failure of the server', async () => {
    await page.goto(`${world.plane.address}/project/nowhere`);
    await page.getByRole('heading', { name: 'There is no project nowhere' }).waitFor();
    // Read by this page alone: what a worker reads for all tabs cannot be answered here.
    const alone = await page.context().newPage();
    await alone.addInitScript('delete window.SharedWorker');
    await alone.route('**/watch?**', (route) =>
      route.fulfill({ status: 403, json: { error: `you may not list stages ${HOSTILE}` } }),
    );
    await alone.goto(at());
    await alone.getByRole('heading', { name: `You may not see the project ${PROJECT}` }).waitFor();
    await alone.unroute('**/watch?**');
    await alone.getByRole('button', { name: 'Try again' }).click();
    await alone.getByRole('article', { name: /^Stage test/ }).waitFor();
    await alone.close();
    await page.route('**/stages/test/refresh', (route) =>
      route.fulfill({ status: 500, json: { error: 'internal server error' } }),
    );
    await page.goto(at('/stage/test'));
    await page.getByRole('complementary').getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('alert').filter({ hasText: 'internal server error' }).waitFor();
    await page.unroute('**/stages/test/refresh');
    await page.route('**/stages/test/explain', (route) => route.fulfill({ status: 500, json: { error: 'out of order' } }));
    await page.reload();
    await page.getByText('Why it stands here could not be read: out of order').waitFor();
    await page.getByRole('button', { name: 'Reverify' }).waitFor();
    await page.unroute('**/stages/test/explain');
  });

  it('ran nothing that came as text, and nothing failed in the page', async () => {
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(errors).toEqual([]);
  });
});
