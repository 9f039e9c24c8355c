/** A day's work in a real browser: what is done with stages, freight and warehouses, by mouse, by keys alone, on a phone, and in several tabs. */
import { Freight, Promotion, Stage, Warehouse } from '@kargo/api';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest } from '../../examples/demo/manifests.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
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
let first: Freight;
let second: Freight;
const errors: string[] = [];
const at = (path = ''): string => `${world.plane.address}/project/${PROJECT}${path}`;

const spare = (): string => `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: { name: spare, namespace: ${PROJECT} }
spec:
  freightCreationPolicy: Manual
  subscriptions: [{ image: { repoURL: ${world.addresses.image}, discoveryLimit: 2 } }]
`;

describe.skipIf('skipped' in chromium)('a day’s work', () => {
  beforeAll(async () => {
    ensureUI();
    world = await World.start();
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.ok('apply -f -', await manifest('project', world.addresses));
    await world.ok(
      'apply -f -',
      [quickStage('test'), quickStage('uat', 'test'), quickStage('prod', 'uat'), quickStage('late', 'prod'), spare()].join(
        '---\n',
      ),
    );
    first = await world.freightWithTag('1.26.1');
    await world.verified(first.metadata.name ?? '', 'uat');
    world.registry.pushImage('nginx/nginx', '1.26.2');
    await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
    second = await world.until('the second freight', async () =>
      (await freight()).find(({ origin, images }) => origin.name === 'my-warehouse' && images?.[0]?.tag === '1.26.2'),
    );
    await world.verified(second.metadata.name ?? '', 'uat');
    browser = await launch('program' in chromium ? chromium.program : '');
    context = await signedIn(browser, world.plane.address, errors);
    page = await context.newPage();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const freight = async (): Promise<Freight[]> => (await world.client.list(Freight, { namespace: PROJECT })).items;
  const card = (name: string): Locator => page.getByRole('article', { name: new RegExp(`^Stage ${name}`) });
  const act = async (name: string, entry: RegExp | string): Promise<void> => {
    await page.getByRole('button', { name: `Actions of stage ${name}` }).click();
    await page.getByRole('menuitem', { name: entry }).click();
  };
  const succeeded = (): Promise<void> => page.getByRole('status').filter({ hasText: 'Succeeded' }).waitFor();
  /** Confirms in the dialog that shows the change. */
  const confirmPromotion = async (label: string, to: string): Promise<void> => {
    const confirm = page
      .getByRole('dialog', { name: `Promote ${label} to ${to}` })
      .getByRole('button', { name: 'Promote', exact: true });
    await confirm.click(); // Waits until it may be done.
    await succeeded();
  };

  it('promotes what the stage before runs at once, from the menu of a stage', async () => {
    await page.goto(at());
    await act('prod', 'Promote what uat runs at once');
    await page.getByRole('heading', { level: 1, name: `${second.alias} to prod` }).waitFor();
    await succeeded();
    const [promotion] = await world.promotionsOf('prod');
    expect(new URL(page.url()).pathname).toBe(`/project/${PROJECT}/promotion/${promotion?.metadata.name}`);
    expect(promotion?.spec.freight).toBe(second.metadata.name);
  });

  it('promotes older freight, says before that this holds auto-promotion, and resumes it', async () => {
    await page.goto(at(`/promote/freight/${first.metadata.name}/stage/test`));
    await page.getByRole('list', { name: 'Before you promote' }).getByText('holds it until somebody resumes it').waitFor();
    await confirmPromotion(first.alias ?? '', 'test');
    await page.goto(at());
    await card('test').getByText('Held', { exact: true }).waitFor();
    expect((await world.stage('test')).status?.effectiveAutoPromotionHolds).toHaveProperty('Warehouse/my-warehouse');
    await act('test', 'Resume auto-promotion…');
    await confirmPromotion(second.alias ?? '', 'test');
    await page.goBack();
    await card('test').getByText('Held', { exact: true }).waitFor({ state: 'detached' });
    expect((await world.stage('test')).status?.effectiveAutoPromotionHolds ?? {}).toEqual({});
  });

  it('promotes to what is downstream of a stage after saying to which, and each is a promotion of its own', async () => {
    await act('uat', 'Promote to prod…');
    const dialog = page.getByRole('dialog', { name: 'Choose freight to promote downstream of uat' });
    await dialog
      .getByRole('listitem')
      .filter({ hasText: first.alias ?? '' })
      .getByRole('button', { name: 'Promote' })
      .click();
    await dialog.getByRole('alertdialog').getByText(`${first.alias} goes to prod`).waitFor();
    await dialog.getByRole('button', { name: 'Promote to 1 stage' }).click();
    await page.getByRole('gridcell', { name: `${first.alias} in prod: Running` }).waitFor();
    const promotions = await world.promotionsOf('prod');
    expect(promotions.map(({ spec }) => spec.freight)).toContain(first.metadata.name);
  });

  it('clones freight into new freight, deletes it, and says why freight that a stage runs cannot be deleted', async () => {
    await page.goto(at(`/freight/${first.metadata.name}`));
    await page.getByRole('button', { name: `Actions of freight ${first.alias}` }).click();
    const inUse = page.getByRole('menuitem', { name: /^Delete/ });
    expect(await inUse.getAttribute('aria-disabled')).toBe('true');
    await inUse.getByText('A stage runs it').waitFor();
    await page.goto(at('/warehouse/spare/create-freight'));
    const panel = page.getByRole('complementary', { name: 'Warehouse spare' });
    await panel.getByRole('radio', { name: /^1\.26\.1/ }).check();
    await panel.getByLabel('Alias').fill('model');
    await panel.getByRole('button', { name: 'Create freight' }).click();
    await page.getByRole('button', { name: 'Actions of freight model' }).click();
    await page.getByRole('menuitem', { name: 'Clone into new freight…' }).click();
    await panel.getByText('Begun with what model is made of.').waitFor();
    expect(await panel.getByRole('radio', { name: /^1\.26\.1/ }).isChecked()).toBe(true);
    await panel.getByRole('button', { name: 'Create freight' }).click();
    await panel.getByRole('alert').filter({ hasText: 'already' }).waitFor();
    await panel.getByRole('button', { name: 'Refresh', exact: true }).click();
    await panel.getByRole('radio', { name: /^1\.26\.2/ }).check();
    await panel.getByLabel('Alias').fill('cloned');
    await panel.getByRole('button', { name: 'Create freight' }).click();
    await page.getByRole('heading', { level: 2, name: 'cloned' }).waitFor();
    expect((await freight()).find(({ alias }) => alias === 'cloned')?.images?.[0]?.tag).toBe('1.26.2');
    await page.getByRole('button', { name: 'Actions of freight cloned' }).click();
    await page.getByRole('menuitem', { name: /^Delete/ }).click();
    await page.getByRole('alertdialog', { name: 'Delete cloned' }).getByRole('button', { name: 'Delete cloned' }).click();
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    expect((await freight()).map(({ alias }) => alias)).not.toContain('cloned');
  });

  it('shows a warehouse as it is stored, changes its settings, and deletes it after saying what that means', async () => {
    await page.goto(at('/warehouse/spare'));
    const panel = page.getByRole('complementary', { name: 'Warehouse spare' });
    await panel.getByRole('tab', { name: 'Manifest' }).click();
    await panel.getByText('freightCreationPolicy: Manual').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/project/${PROJECT}/warehouse/spare/live-manifest`);
    await panel.getByRole('tab', { name: 'Settings' }).click();
    await panel.getByRole('link', { name: 'Edit the warehouse' }).click();
    await page.getByLabel('Looks every').fill('17m');
    await page.getByRole('button', { name: 'Save' }).click();
    await panel.getByText('every 17m').waitFor();
    expect((await world.get(Warehouse, 'spare')).spec.interval).toMatch(/^17m/);
    await panel.getByRole('button', { name: 'Delete', exact: true }).click();
    const sure = panel.getByRole('alertdialog', { name: 'Delete spare' });
    await sure.getByText('No stage takes freight from it.').waitFor();
    await sure.getByRole('button', { name: 'Keep it' }).click();
    await sure.waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: 'Delete', exact: true }).click();
    await sure.getByRole('button', { name: 'Delete spare' }).click();
    await panel.waitFor({ state: 'detached' });
    const names = (await world.client.list(Warehouse, { namespace: PROJECT })).items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(['my-warehouse']);
  });

  it('shows on every tab of a stage what ran there, what was checked, and the stage as it is stored', async () => {
    await page.goto(at('/stage/prod'));
    const panel = page.getByRole('complementary', { name: 'Stage prod' });
    await panel.getByRole('tab', { name: 'Freight history' }).click();
    const history = (label = ''): Locator => panel.getByRole('tabpanel').getByRole('listitem').filter({ hasText: label });
    await history(first.alias).getByText('Active').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await panel.getByRole('tab', { name: 'Manifest' }).click();
    await panel.getByText('lastPromotion:').waitFor();
    await panel.getByRole('tab', { name: 'Freight history' }).click();
    await page.reload();
    await history(second.alias).first().getByRole('link', { name: 'Promote again' }).click();
    await confirmPromotion(second.alias ?? '', 'prod');
  });

  describe('by keys alone', () => {
    const press = (...keys: string[]): Promise<void> =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    const focused = (): Promise<string> =>
      page.evaluate(`document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''`);
    /** Goes on with Tab until it has reached something of that name. */
    const tabTo = async (name: RegExp): Promise<void> => {
      const passed: string[] = [];
      for (let count = 0; count < 60; count += 1) {
        const found = await focused();
        if (name.test(found)) return;
        passed.push(found.slice(0, 40));
        await press('Tab');
      }
      throw new Error(`Tab never reached ${name}; it passed ${passed.join(' | ')}`);
    };
    const jump = async (text: string): Promise<void> => {
      await press('Control+k');
      await page.getByRole('combobox', { name: 'Search or jump to' }).waitFor();
      await page.keyboard.type(text);
      await page.getByRole('option').first().waitFor();
      await press('Enter');
    };

    it('opens a project, chooses freight for a stage, and promotes it', async () => {
      await page.goto(world.plane.address);
      await page.getByRole('link', { name: PROJECT }).first().waitFor();
      await jump(PROJECT);
      await card('test').waitFor();
      await jump('prod');
      await page.getByRole('complementary', { name: 'Stage prod' }).waitFor();
      await press('p');
      await page.getByRole('dialog', { name: 'Choose freight for prod' }).waitFor();
      expect(await focused()).toBe('Find freight');
      await page.keyboard.type(first.alias ?? '');
      await tabTo(/^Promote /);
      await press('Enter');
      const dialog = page.getByRole('dialog', { name: `Promote ${first.alias} to prod` });
      await expect.poll(() => dialog.getByRole('button', { name: 'Promote', exact: true }).isEnabled(), WAIT).toBe(true);
      await press('Control+Enter');
      await page.getByRole('heading', { level: 1, name: `${first.alias} to prod` }).waitFor();
      await succeeded();
    });

    it('goes to the board, approves freight for a stage from its cell, and undoes nothing by Escape', async () => {
      await press('g', 'p');
      await page
        .getByRole('gridcell', { name: `${second.alias} in late: Verified in prod` })
        .or(card('late'))
        .first()
        .waitFor();
      world.registry.pushImage('nginx/nginx', '1.26.3');
      await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
      const third = await world.freightWithTag('1.26.3');
      const row = page.getByRole('row').filter({ hasText: third.alias ?? '' });
      await row.waitFor();
      for (let count = 0; count < 60; count += 1) {
        await press('Tab');
        if (await page.evaluate(`document.activeElement?.hasAttribute('data-cell') === true`)) break;
      }
      await press('Home', 'PageUp', 'End');
      await expect.poll(() => focused(), WAIT).toContain(`${third.alias} in late`);
      await press('a');
      const dialog = page.getByRole('dialog', { name: `Approve ${third.alias} for late` });
      await dialog.waitFor();
      await press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect((await world.get(Freight, third.metadata.name ?? '')).status?.approvedFor).toBeUndefined();
      await page.goBack();
      await row.waitFor();
      await page.goto(at(`/freight/${third.metadata.name}?approve=late`));
      await dialog.waitFor();
      await tabTo(/^Approve only/);
      await press('Enter');
      await page.getByRole('list', { name: 'Approved for' }).getByText('late').waitFor();
      expect((await world.get(Freight, third.metadata.name ?? '')).status?.approvedFor).toHaveProperty('late');
    });

    it('creates a stage, and deletes it again', async () => {
      await jump('create stage');
      await page.getByRole('heading', { name: 'New stage' }).waitFor();
      await page.keyboard.type('made-by-keys');
      await press('Control+s');
      const panel = page.getByRole('complementary', { name: 'Stage made-by-keys' });
      await panel.waitFor();
      expect((await world.stage('made-by-keys')).spec.requestedFreight[0]?.sources.direct).toBe(true);
      await tabTo(/^Delete$/);
      await press('Enter');
      await panel.getByRole('alertdialog').waitFor();
      await tabTo(/^Delete made-by-keys/);
      await press('Enter');
      await panel.waitFor({ state: 'detached' });
      const stages = (await world.client.list(Stage, { namespace: PROJECT })).items;
      expect(stages.map(({ metadata }) => metadata.name)).not.toContain('made-by-keys');
    });

    it('goes from section to section and opens a promotion from its list', async () => {
      await press('g', 'r');
      await page.getByRole('table', { name: 'Promotions' }).waitFor();
      await press('/');
      await page.keyboard.type('prod');
      const rows = page.getByRole('table', { name: 'Promotions' }).getByRole('row');
      const isFiltered = async (): Promise<boolean> =>
        (await rows.allInnerTexts()).slice(1).every((text) => text.includes('prod'));
      await expect.poll(isFiltered, WAIT).toBe(true);
      await tabTo(new RegExp(`^${first.alias}`));
      await press('Enter');
      await page.getByRole('heading', { level: 1, name: `${first.alias} to prod` }).waitFor();
      await press('g', 'v');
      await page.getByRole('table', { name: 'Verifications' }).waitFor();
      await press('g', 's');
      await page.getByRole('heading', { level: 1, name: 'General' }).waitFor();
    });
  });

  it('approves and promotes on a phone, by touch', async () => {
    const phone = await signedIn(browser, world.plane.address, errors, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const small = await phone.newPage();
    await small.goto(at());
    await small.getByRole('button', { name: /^Freight/ }).tap();
    await small
      .getByRole('gridcell', { name: second.alias ?? '' })
      .first()
      .getByRole('link')
      .tap();
    const panel = small.getByRole('complementary', { name: `Freight ${second.alias}` });
    await panel.waitFor();
    expect(await fits(small)).toBe(true);
    expect(await seriousProblems(small)).toEqual([]);
    world.registry.pushImage('nginx/nginx', '1.26.4');
    await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
    const fourth = await world.freightWithTag('1.26.4');
    await small.goto(at(`/freight/${fourth.metadata.name}`));
    await small.getByRole('button', { name: 'Approve for late…' }).tap();
    await small.getByRole('button', { name: 'Approve and promote…' }).tap();
    const dialog = small.getByRole('dialog', { name: `Promote ${fourth.alias} to late` });
    await dialog.getByRole('button', { name: 'Promote', exact: true }).tap();
    await small.getByRole('heading', { level: 1, name: `${fourth.alias} to late` }).waitFor();
    await small.getByRole('status').filter({ hasText: 'Succeeded' }).waitFor();
    expect(await fits(small)).toBe(true);
    await small.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Promotions' }).last().tap();
    await small.getByRole('row').filter({ hasText: 'late' }).first().getByText('Succeeded').waitFor();
    expect(await fits(small)).toBe(true);
    await phone.close();
  });

  it('keeps several tabs of one session together: what is done, who is signed in, and who is not any more', async () => {
    await page.goto(at('/stage/test'));
    const other = await context.newPage();
    await other.goto(at());
    await other.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('complementary').getByRole('tab', { name: 'Settings' }).click();
    const before = (await world.promotionsOf('test')).length;
    await other.getByRole('button', { name: 'Actions of stage test' }).click();
    await other.getByRole('menuitem', { name: 'Promote…' }).click();
    await other.getByRole('dialog', { name: 'Choose freight for test' }).getByRole('link', { name: 'Again' }).click();
    const dialog = other.getByRole('dialog', { name: /^Promote .* to test$/ });
    await dialog.getByRole('button', { name: 'Promote', exact: true }).click();
    await page.getByRole('complementary').getByRole('tab', { name: 'Activity' }).click();
    await expect.poll(async () => (await world.promotionsOf('test')).length, WAIT).toBe(before + 1);
    await other.getByRole('button', { name: /^You/ }).click();
    await other.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Admin password').waitFor();
    expect(new URL(page.url()).searchParams.get('redirectTo')).toContain(`/project/${PROJECT}/stage/test`);
    await other.getByLabel('Admin password').fill(PASSWORD);
    await other.getByRole('button', { name: 'Sign in' }).click();
    // Signed in there is signed in here.
    await page.getByRole('complementary', { name: 'Stage test' }).waitFor();
    await other.close();
  });

  it('offers the command line of this very server, and says so when there is none', async () => {
    await page.goto(`${world.plane.address}/downloads`);
    await page.getByRole('heading', { name: /^Version v\d/ }).waitFor();
    await page.getByText('has no package of itself yet').waitFor();
    expect(await page.getByLabel('Command that signs in').inputValue()).toBe(`kargo login ${world.plane.address}`);
    await page.route('**/downloads/kargo.tgz', (route) => route.fulfill({ status: 200, body: '' }));
    await page.reload();
    const file = `${world.plane.address}/downloads/kargo.tgz`;
    await expect.poll(() => page.getByLabel('Command that installs').inputValue(), WAIT).toBe(`npm install --global ${file}`);
    expect(
      await page.getByRole('link', { name: 'Download kargo.tgz' }).evaluate((link) => (link as unknown as { href: string }).href),
    ).toBe(file);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`npm install --global ${file}`);
    expect(await seriousProblems(page)).toEqual([]);
    expect((await world.client.list(Promotion, { namespace: PROJECT })).items.length).toBeGreaterThan(5);
  });

  it('had nothing fail in the page', () => {
    expect(errors).toEqual([]);
  });
});
