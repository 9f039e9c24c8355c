/**
 * The dashboard in Chromium with a pipeline of 600 stages and 5,000 freight: how much script the first page takes, when it can be used, how
 * quickly it answers to hands, what it keeps in memory, and when a change shows.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { allKinds, Freight, Namespace, Project, Promotion, Stage, Warehouse } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { silentLog, systemClock, systemRandom } from '@kargo/kube';
import { createMetrics, createRestServer } from '@kargo/server';
import type { Page } from 'playwright-core';
import { ensureUI } from '../scripts/ui.ts';
import { findChromium, launch } from '../test/ui/browser.ts';
import { FREIGHT, largeProject, PROJECT, STAGES } from '../test/ui/large-project.ts';

const chromium = findChromium();
if ('skipped' in chromium) {
  console.log(`skipped: ${chromium.skipped}`);
  process.exit(0);
}
ensureUI();

const directory = await mkdtemp(join(tmpdir(), 'kargo-bench-'));
const api = openApiServer({
  path: join(directory, 'kargo.db'),
  durability: 'normal',
  kinds: allKinds,
  clock: systemClock,
  random: systemRandom,
});
const client = api.client();
const { stages, freight, promotions, warehouses } = largeProject(Date.now());
await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PROJECT } });
await client.create(Project, { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: PROJECT } });
for (const warehouse of warehouses) await client.create(Warehouse, warehouse);
const inPieces = async <T>(all: readonly T[], create: (each: T) => Promise<unknown>): Promise<void> => {
  for (let from = 0; from < all.length; from += 250) await Promise.all(all.slice(from, from + 250).map(create));
};
await inPieces(freight, async (each) => {
  const created = await client.create(Freight, { ...each, status: undefined });
  if (each.status !== undefined) await client.updateStatus(Freight, { ...created, status: each.status });
});
await inPieces(stages, async (each) => {
  const created = await client.create(Stage, { ...each, status: undefined });
  await client.updateStatus(Stage, { ...created, status: each.status });
});
await inPieces(promotions, async (each) => {
  const created = await client.create(Promotion, { ...each, status: undefined });
  await client.updateStatus(Promotion, { ...created, status: each.status });
});

const server = createRestServer({
  client: (user) => api.client(user),
  privileged: client,
  auth: { skip: true },
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  rateLimit: false,
  metrics: createMetrics().rest,
  // Without a controller that reports, the page does not call itself live.
  builtInController: '',
  dashboard: join(import.meta.dirname, '..', 'packages', 'ui', 'dist'),
});
await server.listen({ host: '127.0.0.1', port: 0 });
const origin = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
const browser = await launch(chromium.program);
const ms = (value: number): string => `${Math.round(value)} ms`;

/** What the page notes of how long it takes from a key or click until the next picture, in milliseconds. */
const WATCH_EVENTS = `
  window.slowest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.slowest = Math.max(window.slowest, entry.duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });`;

/** Does it and returns how long the slowest event took until its picture. */
async function slowestOf(page: Page, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate('window.slowest = 0');
  await act();
  await page.waitForTimeout(300);
  return Number(await page.evaluate('window.slowest'));
}

async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1024 / 1024;
}

const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
const scripts = new Map<string, number>();
page.on('response', async (response) => {
  if (new URL(response.url()).pathname.endsWith('.js')) {
    const body = await response.body().catch(() => undefined);
    if (body !== undefined) scripts.set(response.url(), gzipSync(body).length);
  }
});
await page.addInitScript(WATCH_EVENTS);
// Ready: the board with its freight is drawn, and the page has nothing left to do before the next picture.
const READY = `(async () => {
  const there = () => document.querySelectorAll('.rows [role=row]').length > 5 && document.querySelector('.connection.live') !== null;
  while (!there()) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
  return performance.now();
})()`;
const times: number[] = [];
for (let run = 0; run < 3; run++) {
  await page.goto(`${origin}/project/${PROJECT}`);
  times.push(Number(await page.evaluate(READY)));
}
const compressed = [...scripts.values()].reduce((sum, size) => sum + size, 0);
console.log(`${STAGES} stages, ${FREIGHT} freight, ${promotions.length} promotions`);
console.log(`script of the first page: ${(compressed / 1024).toFixed(0)} KiB compressed (limit 400 KiB)`);
console.log(`ready: first time ${ms(times[0] ?? 0)}, then ${times.slice(1).map(ms).join(', ')} (limit 1500 ms)`);
console.log(`nodes of the page: ${await page.evaluate('document.querySelectorAll("*").length')}`);

const firstRow = page.locator('.rows [role=row]:not(.day) [role=gridcell]').first();
const acts: [string, () => Promise<unknown>][] = [
  [
    'arrow keys on the board',
    async () => {
      await firstRow.focus();
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'End']) await page.keyboard.press(key);
    },
  ],
  ['typing into the filter', () => page.getByRole('searchbox', { name: 'Filter' }).pressSequentially('otter-42', { delay: 40 })],
  ['emptying the filter', () => page.keyboard.press('Escape')],
  [
    'scrolling',
    async () => {
      await page.mouse.move(700, 700);
      for (let i = 0; i < 10; i++) await page.mouse.wheel(0, 400);
    },
  ],
  [
    'opening freight',
    async () => {
      await page.evaluate('document.querySelector(".scroll").scrollTo(0, 0)');
      await page.locator('.rows .alias').first().click();
      await page.getByRole('complementary').waitFor();
    },
  ],
  ['closing it', () => page.getByRole('button', { name: 'Close' }).click()],
  [
    'showing all freight',
    async () => {
      await page.goto(`${origin}/project/${PROJECT}?older=1`);
      await page.evaluate(READY);
      await page.mouse.move(700, 700);
      for (let i = 0; i < 10; i++) await page.mouse.wheel(0, 4000);
    },
  ],
  [
    'the palette',
    async () => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('prod-1', { delay: 40 });
      await page.keyboard.press('Escape');
    },
  ],
  [
    'to the list',
    async () => {
      await page.getByRole('button', { name: 'List' }).click();
      await page.getByRole('table', { name: 'Stages' }).waitFor();
    },
  ],
  ['sorting the list', () => page.getByRole('button', { name: 'Version' }).click()],
];
for (const [name, act] of acts) console.log(`${name}: slowest ${ms(await slowestOf(page, act))} (limit 100 ms)`);

const began = performance.now();
await page.getByRole('button', { name: 'Graph' }).click();
await page.locator('.g-stage').first().waitFor();
console.log(`graph laid out beside the main thread and drawn: ${ms(performance.now() - began)}`);
console.log(
  `in the graph, panning: slowest ${ms(
    await slowestOf(page, async () => {
      await page.mouse.move(700, 500);
      await page.mouse.down();
      for (let i = 0; i < 10; i++) await page.mouse.move(700 - i * 30, 500);
      await page.mouse.up();
    }),
  )} (limit 100 ms)`,
);
console.log(`heap with board, list and graph seen: ${(await heap(page)).toFixed(0)} MiB (limit 150 MiB)`);

await page.goto(`${origin}/project/${PROJECT}`);
await page.evaluate(READY);
console.log(`heap of the board: ${(await heap(page)).toFixed(0)} MiB (limit 150 MiB)`);
const lags: number[] = [];
for (let n = 0; n < 10; n++) {
  const alias = `fresh-fox-${n}`;
  const [model] = freight;
  if (model === undefined) break;
  const name = `${n}`.padStart(40, 'e');
  const started = performance.now();
  await client.create(Freight, {
    ...model,
    metadata: { name, namespace: PROJECT, labels: { 'kargo.akuity.io/alias': alias } },
    alias,
    status: undefined,
    discoveredAt: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
  });
  await page.getByRole('link', { name: alias, exact: true }).waitFor();
  lags.push(performance.now() - started);
}
console.log(
  `a change shows after ${ms(lags.reduce((sum, lag) => sum + lag, 0) / lags.length)}, at most ${ms(Math.max(...lags))} (limit 1000 ms)`,
);

const tabs: Page[] = [];
for (let n = 0; n < 9; n++) {
  const tab = await context.newPage();
  await tab.goto(`${origin}/project/${PROJECT}`);
  await tab.evaluate(READY);
  tabs.push(tab);
}
for (const tab of tabs) await tab.getByText('Live', { exact: true }).waitFor();
console.log(`${tabs.length + 1} tabs live at once`);

await browser.close();
await server.close();
await api.close();
await rm(directory, { recursive: true, force: true });
