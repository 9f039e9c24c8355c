/**
 * `npm run screenshots`: starts a whole Kargo, has freight go through its stages, and makes pictures of the main screens in docs/images/.
 * Needs a Chromium (KARGO_CHROMIUM, or where Debian installs it).
 */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Stage } from '@kargo/api';
import type { Page } from 'playwright-core';
import { PASSWORD, PROJECT, World } from '../test/e2e/world.ts';
import { findChromium, launch } from '../test/ui/browser.ts';
import { ensureUI } from './ui.ts';

const OUT = join(import.meta.dirname, '..', 'docs', 'images');

/** What the verification measures: errors per hundred requests. */
const RATES = [0.31, 0.28, 0.36, 0.42, 0.39, 0.3, 0.27, 0.33];

const template = (address: string): string => `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: error-rate, namespace: ${PROJECT} }
spec:
  metrics:
    - name: error-rate
      interval: 1s
      count: ${RATES.length}
      failureLimit: 1
      successCondition: result < 1
      provider: { web: { url: ${address}, jsonPath: '{$.rate}' } }
`;

/** A pipeline with a past: one freight in production, a newer one verified before it, and a third that is being verified. */
async function seed(world: World, address: string): Promise<{ second: string }> {
  const arrive = async (tag: string, subject: string): Promise<string> => {
    await world.git.commit('repo', { message: subject, files: { 'NEWS.md': `${subject}\n` } });
    world.registry.pushImage('nginx/nginx', tag);
    await world.ok(`refresh warehouse my-warehouse --project ${PROJECT}`);
    return (await world.freightWithTag(tag)).metadata.name ?? '';
  };
  world.registry.pushImage('nginx/nginx', '1.26.1');
  await world.applyPipeline({ sleep: '0' });
  await world.ok('apply -f -', template(address));
  const uat = await world.stage('uat');
  await world.client.update(Stage, {
    ...uat,
    spec: { ...uat.spec, verification: { analysisTemplates: [{ name: 'error-rate' }] } },
  });
  const first = (await world.freightWithTag('1.26.1')).metadata.name ?? '';
  await world.verified(first, 'uat');
  await world.ok(`promote --project ${PROJECT} --stage prod --freight ${first}`);
  await world.verified(first, 'prod');
  const second = await arrive('1.26.2', 'Raise the upstream timeout to 8 s');
  await world.verified(second, 'uat');
  const third = await arrive('1.27.0', 'Stop the double charge when a retry races');
  await world.verified(third, 'test');
  await world.until(
    'the third freight to be verified in uat',
    async () => (await world.stage('uat')).status?.phase === 'Verifying',
  );
  return { second };
}

async function pictures(page: Page, world: World, { second }: { second: string }): Promise<void> {
  const at = `${world.plane.address}/project/${PROJECT}`;
  const shot = async (name: string): Promise<void> => {
    // Pointers and carets are no part of a screen.
    await page.mouse.move(0, 0);
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(OUT, `${name}.png`), caret: 'hide' });
    console.log(`docs/images/${name}.png`);
  };
  const theme = (name: 'light' | 'dark'): Promise<void> => page.evaluate((value) => localStorage.setItem('theme', value), name);
  await page.goto(`${world.plane.address}/login`);
  await page.getByLabel('Admin password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: PROJECT }).first().waitFor();
  await theme('light');
  await page.goto(at);
  await page.getByRole('article', { name: /^Stage prod/ }).waitFor();
  await shot('pipeline');
  await page.goto(world.plane.address);
  await page.getByRole('link', { name: PROJECT }).first().waitFor();
  await shot('projects');
  await page.goto(`${at}?view=graph`);
  await page.getByText('prod').first().waitFor();
  await shot('graph');
  await page.goto(`${at}/stage/prod`);
  await page.getByRole('complementary', { name: 'Stage prod' }).waitFor();
  await shot('stage');
  await page.goto(`${at}/promote/freight/${second}/stage/prod`);
  await page.getByRole('dialog').getByRole('heading', { name: 'manifests.yaml' }).waitFor();
  await shot('promote');

  const [promotion] = await world.promotionsOf('uat');
  await page.goto(`${at}/promotion/${promotion?.metadata.name ?? ''}?step=commit&tab=Log`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await shot('promotion');
  const verification = (await world.stage('uat')).status?.freightHistory?.[0]?.verificationHistory?.[0]?.id ?? '';
  await page.goto(`${at}/stage/uat/verification/${verification}`);
  await page
    .getByRole('heading', { name: /error-rate/ })
    .first()
    .waitFor();
  await shot('verification');

  await page.goto(`${at}/create-stage?after=prod`);
  await page.getByLabel('Name required').fill('prod-eu');
  await page.getByLabel('Soak there').fill('30m');
  await page.getByLabel('Analysis templates').selectOption('error-rate');
  const add = async (step: string, fields: Record<string, string>): Promise<void> => {
    await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByRole('combobox', { name: 'Find a step' }).fill(step);
    await page.keyboard.press('Enter');
    for (const [label, value] of Object.entries(fields))
      await page.getByRole('textbox', { name: label, exact: true }).last().fill(value);
  };
  await add('git-clone', { 'Repo URL required': 'https://github.com/acme/shop', 'Path required': './src' });
  await add('kustomize-set-image', { 'Path required': './src/stages/${{ ctx.stage }}' });
  await add('git-commit', { 'Path required': './src', Message: 'Update the image of ${{ ctx.stage }}' });
  await add('git-push', { 'Path required': './src' });
  await page.locator('.cm-content').waitFor();
  await page.getByRole('heading', { name: /Promotion steps/ }).scrollIntoViewIfNeeded();
  await shot('create-stage');
  await page.evaluate(() => localStorage.clear());
  await page.goto(`${world.plane.address}/login`);
  await page.getByLabel('Admin password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: PROJECT }).first().waitFor();

  await page.goto(`${at}/settings/project-config`);
  await page.getByLabel('Stages of policy 1').waitFor();
  await shot('settings');
  await page.goto(`${at}/events`);
  await page.getByRole('row').nth(1).waitFor();
  await shot('events');

  await theme('dark');
  await page.goto(at);
  await page.getByRole('article', { name: /^Stage prod/ }).waitFor();
  await shot('pipeline-dark');
  await page.setViewportSize({ width: 390, height: 844 });
  await theme('light');
  await page.reload();
  await page.getByText('prod').first().waitFor();
  await shot('phone');
}

const chromium = findChromium();
if ('skipped' in chromium) {
  console.error(chromium.skipped);
  process.exit(1);
}
mkdirSync(OUT, { recursive: true });
ensureUI();
let measured = 0;
const metrics = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ rate: RATES[measured++ % RATES.length] }));
});
await new Promise<void>((resolve) => metrics.listen(0, '127.0.0.1', resolve));
const world = await World.start();
const browser = await launch(chromium.program);
try {
  const seeded = await seed(world, `http://127.0.0.1:${(metrics.address() as AddressInfo).port}/`);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(30_000);
  await pictures(page, world, seeded);
} finally {
  await browser.close();
  await world.close();
  metrics.close();
}
