/** Promotions and verifications in a real browser, against a whole Kargo: preview, live logs, measurements, and the ways out. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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

let world: World;
let browser: Browser;
let page: Page;
let outside: Server;
let address: string;
let alias: string;
let ready = false;
let rates: number[] = [];
const errors: string[] = [];

/** A stage that pushes to a branch, then waits for an address to say yes; its verification measures and runs a job. */
const stageAndTemplate = (): string => `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: prod, namespace: ${PROJECT} }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: my-warehouse }
      sources: { direct: true }
  promotionTemplate:
    spec:
      steps:
        - uses: git-clone
          config:
            repoURL: ${world.addresses.repository}
            checkout:
              - { branch: main, path: ./src }
              - { branch: stage/prod, create: true, path: ./out }
        - uses: git-clear
          config: { path: ./out }
        - uses: kustomize-set-image
          as: update-image
          config: { path: ./src/base, images: [{ image: ${world.addresses.image} }] }
        - uses: kustomize-build
          config: { path: ./src/stages/prod, outPath: ./out/manifests.yaml }
        - uses: git-commit
          as: commit
          config: { path: ./out, message: Update the image }
        - uses: git-push
          config: { path: ./out, branch: stage/prod }
        - uses: compose-output
          as: links
          config: { review: https://review.example.com/1, bad: 'javascript:alert(1)', text: '${HOSTILE}' }
        - uses: http
          as: wait
          config: { url: ${address}/ready, successExpression: response.body.ready, pollInterval: 1s }
  verification:
    analysisTemplates: [{ name: load }]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: load, namespace: ${PROJECT} }
spec:
  metrics:
    - name: error-rate
      interval: 1s
      count: 3
      failureLimit: 1
      successCondition: result < 1
      provider: { web: { url: ${address}/rate, jsonPath: '{$.rate}' } }
    - name: smoke
      provider:
        job:
          spec:
            backoffLimit: 0
            template:
              spec:
                restartPolicy: Never
                containers:
                  - { name: smoke, image: alpine, command: [echo, '${HOSTILE} all passed'] }
`;

describe.skipIf('skipped' in chromium)('promotions and verifications in the browser', () => {
  beforeAll(async () => {
    ensureUI();
    outside = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/ready' ? { ready } : { rate: rates.shift() ?? 0.25 }));
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
    world = await World.start();
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.ok('apply -f -', await manifest('project', world.addresses));
    await world.ok('apply -f -', stageAndTemplate());
    const found = await world.freightWithTag('1.26.1');
    alias = found.alias ?? '';
    browser = await launch('program' in chromium ? chromium.program : '');
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${world.plane.address}/project/${PROJECT}`);
    await page.getByLabel('Admin password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('article', { name: /^Stage prod/ }).waitFor();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
    outside?.close();
  });

  const shot = async (name: string): Promise<void> => {
    const folder = process.env['KARGO_SCREENSHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };
  const dialog = () => page.getByRole('dialog', { name: `Promote ${alias} to prod` });
  const promote = () => dialog().getByRole('button', { name: 'Promote', exact: true });

  it('shows where a preview fails, with a way on', async () => {
    await page.route('**/promotions/preview', (route) =>
      route.fulfill({ status: 500, json: { error: `out of order ${HOSTILE}` } }),
    );
    await page.getByRole('link', { name: `Promote ${alias} to prod` }).click();
    await dialog().getByRole('alert').filter({ hasText: 'The preview failed: out of order' }).waitFor();
    expect(await promote().isDisabled()).toBe(true);
    await page.unroute('**/promotions/preview');
    await dialog().getByRole('button', { name: 'Try again' }).click();
  });

  it('shows exactly what a promotion would change, before anything is done', async () => {
    await dialog().getByRole('heading', { name: 'manifests.yaml' }).waitFor();
    await dialog().getByText(`image: ${world.addresses.image}:1.26.1`).first().waitFor();
    await dialog()
      .getByText(/Push one commit to stage\/prod/)
      .waitFor();
    await dialog().getByText('all open').waitFor();
    expect(await world.promotionsOf('prod')).toEqual([]);
    await shot('promote');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('goes between files, objects and effects by arrow keys', async () => {
    await dialog()
      .getByRole('tab', { name: /^Files/ })
      .focus();
    await page.keyboard.press('ArrowRight');
    await dialog()
      .getByRole('heading', { name: /^Deployment/ })
      .waitFor();
    await page.keyboard.press('End');
    await dialog().getByRole('list', { name: 'Effects' }).waitFor();
    expect(
      await dialog()
        .getByRole('tab', { name: /^Effects/ })
        .getAttribute('aria-selected'),
    ).toBe('true');
  });

  it('refuses a plan when what it stands on has moved, says what, and plans again', async () => {
    const text = stageAndTemplate().replace('message: Update the image', 'message: Update the image of prod');
    await world.ok('apply -f -', text);
    await promote().click();
    await dialog().getByRole('alert').filter({ hasText: 'the plan cannot be carried out as it is' }).waitFor();
    expect(await world.promotionsOf('prod')).toEqual([]);
    await expect.poll(() => promote().isEnabled(), { timeout: 20_000 }).toBe(true);
  });

  it('promotes exactly as planned, by the keyboard, and shows the promotion as it goes', async () => {
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { level: 1, name: `${alias} to prod` }).waitFor();
    const [promotion] = await world.promotionsOf('prod');
    expect(promotion?.metadata.annotations?.['kargo.akuity.io/plan']).toBeDefined();
    expect(new URL(page.url()).pathname).toBe(`/project/${PROJECT}/promotion/${promotion?.metadata.name}`);
    await page.getByRole('button', { name: /^wait http Running/ }).waitFor();
    await page.getByText(/is at step 8 of 8/).waitFor();
    await page.getByRole('list', { name: 'What it waits for' }).waitFor();
  });

  it('shows the live log of the step that runs, and of others by arrow keys', async () => {
    const log = page.getByRole('log', { name: 'Log of wait' });
    await log.getByText('/ready').first().waitFor();
    const lines = await log.locator('div').count();
    await expect.poll(() => log.locator('div').count(), { timeout: 30_000 }).toBeGreaterThan(lines);
    await shot('promotion');
    await page.getByRole('button', { name: /^wait http/ }).focus();
    await page.keyboard.press('ArrowUp');
    await page.getByRole('tab', { name: 'Output' }).click();
    await page.getByText(HOSTILE).waitFor();
    expect(await page.getByRole('link', { name: 'review' }).getAttribute('href')).toBe('https://review.example.com/1');
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
    expect(new URL(page.url()).search).toBe('?step=links&tab=Output');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('comes back to the same step after a reload', async () => {
    await page.reload();
    await page.getByText(HOSTILE).waitFor();
    expect(await page.getByRole('button', { name: /^links/ }).getAttribute('aria-current')).toBe('step');
  });

  it('shows where a log is refused, with a way on', async () => {
    await page.route('**/steps/commit/logs**', (route) =>
      route.fulfill({ status: 403, json: { error: 'you may not read this' } }),
    );
    await page.getByRole('button', { name: /^commit/ }).click();
    await page.getByRole('tab', { name: 'Log' }).click();
    await page.getByRole('alert').filter({ hasText: 'you may not read this' }).waitFor();
    await page.unroute('**/steps/commit/logs**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('log', { name: 'Log of commit' }).getByText(/\w/).first().waitFor();
  });

  it('aborts a promotion after asking', async () => {
    await page.getByRole('button', { name: 'Abort', exact: true }).click();
    await page.getByRole('alertdialog').getByText('stays done').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Abort', exact: true }).click();
    await page.getByRole('button', { name: 'Abort it' }).click();
    await page.getByRole('status').filter({ hasText: 'Aborted' }).waitFor();
    await page.getByRole('link', { name: 'Promote again' }).waitFor();
  });

  it('plots measurements while a verification goes on, and shows what its job printed', async () => {
    ready = true;
    rates = [0.2, 1.5, 0.3];
    await page.getByRole('link', { name: 'Promote again' }).click();
    await expect.poll(() => promote().isEnabled(), { timeout: 20_000 }).toBe(true);
    await promote().click();
    await page.getByRole('status').filter({ hasText: 'Succeeded' }).waitFor();
    await page
      .getByRole('heading', { level: 1, name: `${alias} to prod` })
      .getByRole('link', { name: 'prod' })
      .click();
    await page.getByRole('tab', { name: 'Verifications' }).click();
    await page.getByRole('tabpanel').getByRole('link').first().click();
    await page.getByRole('heading', { name: `${alias} in prod` }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Successful' }).waitFor();
    await page.getByRole('img', { name: /^error-rate: 3 measurements, the last 0.3, fails above 1, 1 failed/ }).waitFor();
    await page.getByText('fails at most once, 1 so far').waitFor();
    expect(await page.getByRole('region', { name: 'Measurements of error-rate' }).getByRole('row').allTextContents()).toEqual([
      expect.stringMatching(/^Result/),
      expect.stringMatching(/^Successful0\.3/),
      expect.stringMatching(/^Failed1\.5/),
      expect.stringMatching(/^Successful0\.2/),
    ]);
    await page.getByRole('log', { name: 'Job log of smoke' }).getByText(`${HOSTILE} all passed`).waitFor();
    await shot('verification');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('verifies again from the verification, leads to the new one, and aborts that; in the dark too', async () => {
    await page.getByRole('button', { name: 'Reverify' }).click();
    await page.getByText('There is a newer verification of prod').getByRole('link').click();
    await page.getByRole('button', { name: 'Abort Verification' }).click();
    await page.getByRole('status').filter({ hasText: 'Aborted' }).waitFor();
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    expect(await seriousProblems(page)).toEqual([]);
    await page.goBack();
    await page.getByRole('img', { name: /^error-rate: 3 measurements/ }).waitFor();
  });

  it('says where there is nothing at an address, and works on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.goto(`${world.plane.address}/project/${PROJECT}/promotion/no-such`);
    await page.getByText('There is no promotion no-such').waitFor();
  });

  it('ran nothing that came as text, and nothing failed in the page', async () => {
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(errors).toEqual([]);
  });
});
