/** Settings, sign-in, events, audit trail and the palette in a real browser, against a whole Kargo with an identity provider. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnalysisTemplate, ConfigMap, ProjectConfig, PromotionTask, Secret } from '@kargo/api';
import { servingSettings } from '@kargo/controlplane';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureUI } from '../../scripts/ui.ts';
import { PASSWORD, PROJECT, World } from '../e2e/world.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { seriousProblems } from './accessibility.ts';
import { findChromium, HOSTILE, launch } from './browser.ts';

const chromium = findChromium();
if ('skipped' in chromium) console.warn(`skipped: ${chromium.skipped}`);

const WAIT = { timeout: 20_000 };

let world: World;
let provider: IdentityProvider;
let browser: Browser;
let page: Page;
let base: string;
const requests: string[] = [];
const errors: string[] = [];

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a Kargo whose people come from the identity provider. */
function startWorld(port: number): Promise<World> {
  const serving = servingSettings({
    OIDC_ISSUER_URL: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_ADDITIONAL_SCOPES: 'groups',
  });
  return World.start({ config: { port, serving } });
}

describe.skipIf('skipped' in chromium)('settings in the browser', () => {
  beforeAll(async () => {
    ensureUI();
    const port = await freePort();
    provider = await startIdentityProvider({ webOrigin: `http://127.0.0.1:${port}` });
    world = await startWorld(port);
    base = `${world.plane.address}/project/${PROJECT}/settings`;
    world.registry.pushImage('nginx/nginx', '1.26.1');
    await world.applyPipeline({ sleep: '0' });
    browser = await launch('program' in chromium ? chromium.program : '');
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
    await provider?.close();
  });

  const shot = async (name: string): Promise<void> => {
    const folder = process.env['KARGO_SCREENSHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };
  const row = (name: string): Locator => page.getByRole('row').filter({ hasText: name });
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  /** Goes to a settings page and waits for its heading; nothing serious is wrong with it. */
  const visit = async (url: string, heading: string): Promise<void> => {
    await page.goto(url);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const signOut = async (): Promise<void> => {
    await page.getByRole('button', { name: /^You/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/\/login/);
  };
  const signInAsAdmin = async (): Promise<void> => {
    await page.getByLabel('Admin password').fill(PASSWORD);
    await button('Sign in').click();
  };

  it('gives a role to people by their claims', async () => {
    await page.goto(`${base}/access/new`);
    await signInAsAdmin();
    await page.getByLabel('Name required').fill('promoters');
    await page.getByLabel('Description').fill(HOSTILE);
    await page.getByLabel('Values of claim 1').fill('developers, testers');
    await button('Create role').click();
    await row('promoters').getByText('groups developers, testers').waitFor();
    await page.getByRole('link', { name: 'promoters' }).click();
    await button('Add rule').click();
    await page.getByLabel('Resource of rule 2').fill('stage');
    await button('Save').click();
    // What the server refuses stays, with its reason.
    await page.getByRole('alert').filter({ hasText: 'did you mean "stages"' }).waitFor();
    await page.getByLabel('Resource of rule 2').fill('freights');
    await button('Save').click();
    await row('promoters').getByText('freights').waitFor();
    await shot('roles');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('signs people in at the identity provider, and takes them to where they wanted to be', async () => {
    await signOut();
    provider.current = { sub: 'ann', email: 'ann@example.com', groups: ['developers'] };
    await page.goto(`${world.plane.address}/user?from=here`);
    expect(await seriousProblems(page)).toEqual([]);
    await shot('login');
    await button('Sign in with SSO').click();
    await page.getByRole('heading', { name: 'email:ann@example.com' }).waitFor();
    expect(new URL(page.url()).search).toBe('?from=here');
    await page.getByRole('list', { name: 'Roles' }).getByText('promoters').waitFor();
  });

  it('answers what one may do, and shows what one may not where it belongs', async () => {
    await page.getByLabel('Project', { exact: true }).fill(PROJECT);
    await button('Ask').click();
    await page.getByRole('status').filter({ hasText: 'Yes.' }).filter({ hasText: 'promoters' }).waitFor();
    await page.getByLabel('Resource').selectOption('secrets');
    await page.getByLabel('May I', { exact: true }).selectOption('delete');
    await button('Ask').click();
    await page.getByRole('status').filter({ hasText: 'No.' }).waitFor();
    await shot('user');
    expect(await seriousProblems(page)).toEqual([]);
    await visit(`${base}/secrets`, 'Credentials');
    await page.getByRole('alert').filter({ hasText: 'forbidden' }).waitFor();
  });

  it('renews the session at the provider while the page is open, in whatever one is doing', async () => {
    await signOut();
    // A minute before its end a token is renewed.
    provider.idTokenTtl = 62;
    await page.goto(`${world.plane.address}/user`);
    await button('Sign in with SSO').click();
    await page.getByRole('heading', { name: 'email:ann@example.com' }).waitFor();
    await page.getByLabel('Name', { exact: true }).fill('being typed');
    const token = (): Promise<unknown> => page.evaluate(`localStorage.getItem('auth_token')`);
    const before = await token();
    provider.idTokenTtl = 3600;
    await expect.poll(token, WAIT).not.toBe(before);
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('being typed');
    await button('Ask').click();
    await page
      .getByRole('status')
      .filter({ hasText: /^(Yes|No)\./ })
      .waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe('/user');
  });

  it('says why when the provider lets nobody in', async () => {
    await signOut();
    await page.context().clearCookies();
    provider.current = undefined;
    await button('Sign in with SSO').click();
    await page.getByRole('alert').filter({ hasText: 'nobody is at home' }).waitFor();
    await page.goto(`${world.plane.address}/login?redirectTo=${encodeURIComponent('//evil.example/')}`);
    await signInAsAdmin();
    await page.waitForURL(`${world.plane.address}/`);
  });

  it('keeps credentials, never shows their secrets, and changes them without retyping the password', async () => {
    await visit(`${base}/secrets/new`, 'New credentials');
    await page.getByLabel('Name required').fill('git');
    await page.getByLabel('Repository').fill('https://git.example.com/shop');
    await page.getByLabel('User name').fill('bot');
    await button('Create').click();
    await page.getByRole('alert').filter({ hasText: 'password should not be empty' }).waitFor();
    await page.getByLabel('Password or token').fill('s3cret-of-git');
    await button('Create').click();
    await row('https://git.example.com/shop').waitFor();
    await page.getByRole('link', { name: 'git', exact: true }).click();
    await page.getByLabel('Description').fill('for manifests');
    await button('Save').click();
    await row('for manifests').waitFor();
    const stored = await world.get(Secret, 'git');
    expect(Buffer.from(stored.data?.['password'] ?? '', 'base64').toString()).toBe('s3cret-of-git');
    expect(await page.content()).not.toContain('s3cret-of-git');
    await page.getByRole('link', { name: 'git', exact: true }).click();
    await button('Delete').click();
    await button('Delete it').click();
    await page.getByText('None yet.').waitFor();
  });

  it('says when a list cannot be had, and asks again', async () => {
    await page.route('**/generic-credentials', (route) =>
      route.fulfill({ status: 500, json: { error: `out of order ${HOSTILE}` } }),
    );
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'out of order' }).waitFor();
    await page.unroute('**/generic-credentials');
    await button('Try again').click();
    await page.getByText('None yet.').waitFor();
  });

  it('keeps config maps, with hostile text in every field', async () => {
    await visit(`${base}/config-maps/new`, 'New config map');
    await page.getByLabel('Name required').fill('values');
    await page.getByLabel('Description').fill(HOSTILE);
    await page.getByLabel('Key 1', { exact: true }).fill('greeting');
    await page.getByLabel('Value of greeting').fill(`${HOSTILE}\n\${{ no }}`);
    await button('Create').click();
    await row('greeting').getByText(HOSTILE).waitFor();
    expect((await world.get(ConfigMap, 'values')).data).toEqual({ greeting: `${HOSTILE}\n\${{ no }}` });
  });

  it('makes a token that is shown once, works, and is refused once it is deleted', async () => {
    await visit(`${base}/tokens`, 'API tokens');
    await page.getByLabel('Name', { exact: true }).fill('ci');
    await page.getByLabel('Role', { exact: true }).selectOption('promoters');
    await button('Create token').click();
    const token = await page.getByLabel('Token ci', { exact: true }).inputValue();
    const ask = (): Promise<Response> =>
      fetch(`${world.plane.address}/v1beta1/projects/${PROJECT}/stages`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    expect(await seriousProblems(page)).toEqual([]);
    await page.reload();
    await row('ci').waitFor();
    expect(await page.content()).not.toContain(token);
    await row('ci').getByRole('button', { name: 'Delete', exact: true }).click();
    await button('Delete it').click();
    await page.getByText('No program has a token.').waitFor();
    expect((await ask()).status).toBe(401);
  });

  it('makes a webhook receiver with its secret, shows what comes, and has it handled again', async () => {
    await visit(`${base}/receivers/new`, 'New webhook receiver');
    await page.getByLabel('Name required').fill('github');
    const secret = await page.getByLabel('Secret').inputValue();
    await button('Create receiver').click();
    const address = page.getByLabel('Address of github');
    await expect
      .poll(async () => (await button('Refresh').click(), (await address.count()) === 0 ? '' : address.inputValue()), {
        ...WAIT,
        interval: 300,
      })
      .toMatch(/^http/);
    const body = JSON.stringify({ ref: 'refs/heads/main', repository: { clone_url: world.addresses.repository } });
    const answer = await fetch(await address.inputValue(), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    });
    expect(answer.status).toBe(200);
    await button('Look again').click();
    await row('refreshed 1 warehouse').getByRole('button', { name: 'Replay' }).click();
    await row('refreshed 1 warehouse').getByText('replayed by admin').waitFor();
    await row('refreshed 1 warehouse').getByRole('button', { name: 'Look' }).click();
    await page.getByText(world.addresses.repository).waitFor();
    await shot('receivers');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('sets promotion policies, in their order', async () => {
    await visit(`${base}/project-config`, 'Policies');
    await button('Add policy').click();
    await page.getByLabel('Stages of policy 3').fill('glob:prod-*');
    await page.getByLabel('What policy 3 says').selectOption('waits for a person');
    await button('Move policy 3 up').click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('status').filter({ hasText: 'Saved at' }).waitFor();
    const { spec } = await world.get(ProjectConfig, PROJECT);
    expect(spec?.promotionPolicies?.map(({ stageSelector }) => stageSelector?.name)).toEqual(['test', 'glob:prod-*', 'uat']);
    expect(spec?.webhookReceivers).toHaveLength(1);
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('makes analysis templates and promotion tasks', async () => {
    await visit(`${base}/analysis-templates/new`, 'New analysis template');
    await page.getByLabel('Name required').first().fill('load');
    await page.getByRole('button', { name: 'Create analysis template' }).click();
    await row('load').getByText('smoke').waitFor();
    await visit(`${base}/promotion-tasks/new`, 'New promotion task');
    await page.getByLabel('Name required').first().fill('render');
    await page.getByRole('button', { name: 'Create promotion task' }).click();
    await row('render').getByText('fail').waitFor();
    expect((await world.get(AnalysisTemplate, 'load')).spec.metrics?.[0]?.name).toBe('smoke');
    expect((await world.get(PromotionTask, 'render')).spec.steps?.[0]?.uses).toBe('fail');
  });

  it('has settings of everything: cluster config, shared credentials, system roles', async () => {
    await visit(`${world.plane.address}/settings/cluster-config`, 'Cluster config');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('status').filter({ hasText: 'Saved at' }).waitFor();
    await visit(`${world.plane.address}/settings/shared-secrets/new`, 'New credentials');
    await page.getByLabel('Name required').fill('everybody');
    await page.getByLabel('For', { exact: true }).selectOption('generic');
    await page.getByLabel('Key 1', { exact: true }).fill('token');
    await page.getByLabel('Value of token').fill('s3cret-of-all');
    await page.getByLabel('copy it into every project').check();
    await button('Create').click();
    await row('everybody').getByText('copied to all projects').waitFor();
    await visit(`${world.plane.address}/settings/access`, 'System roles');
    await page.getByRole('link', { name: 'kargo-viewer' }).click();
    await page.getByRole('heading', { name: 'Role kargo-viewer' }).waitFor();
    expect(await button('Save').count()).toBe(0);
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('shows events as they happen, to what and by whom, and finds them', async () => {
    await visit(`${world.plane.address}/project/${PROJECT}/events`, 'Events');
    await row('Promotion succeeded').first().waitFor();
    const [freight] = await Promise.all([world.freightWithTag('1.26.1'), page.getByText('Live').waitFor()]);
    await world.verified(freight.metadata.name ?? '', 'uat');
    await world.ok(`promote --project ${PROJECT} --stage prod --freight ${freight.metadata.name}`);
    await row('prod').first().getByRole('cell', { name: 'admin', exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Stage' }).selectOption('uat');
    await expect.poll(() => row('prod').count(), WAIT).toBe(0);
    await shot('events');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('shows who did what in the audit trail', async () => {
    await visit(`${base}/audit?operation=CreateProjectRole`, 'Audit trail');
    await row('CreateProjectRole').getByText('promoters').or(row('CreateProjectRole').getByText('Done')).first().waitFor();
    await page.getByLabel('Filter by operation').fill('');
    await page.keyboard.press('Enter');
    await row('UpdateResource').first().getByText('ProjectConfig').waitFor();
    await page.getByLabel('Filter by result').selectOption('refused');
    await row('email:ann@example.com').first().waitFor();
    await shot('audit');
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('goes anywhere by the keyboard', async () => {
    await page.goto(`${world.plane.address}/project/${PROJECT}`);
    await page.getByRole('article', { name: /^Stage test/ }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill('uat');
    expect(await seriousProblems(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Stage uat' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    expect(await page.getByLabel('Filter events').evaluate((element) => element.matches(':focus'))).toBe(true);
  });

  it('asks to sign in again when the session ends, and loses nothing that was typed', async () => {
    await visit(`${base}/config-maps/new`, 'New config map');
    await page.getByLabel('Name required').fill('precious');
    await page.getByLabel('Key 1', { exact: true }).fill('a');
    await page.getByLabel('Value of a').fill('typed before the session ended');
    await page.evaluate(() => localStorage.setItem('auth_token', 'over'));
    // The dialog may be there already, over the button: a request of the page may have been refused before.
    await button('Create').dispatchEvent('click');
    const dialog = page.getByRole('dialog', { name: 'Your session is over' });
    await dialog.getByLabel('Admin password').fill(PASSWORD);
    await shot('session-over');
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Value of a').inputValue()).toBe('typed before the session ended');
    await button('Create').click();
    await row('precious').waitFor();
  });

  it('keeps the page when the session ends before the project has been read', async () => {
    await page.evaluate(() => localStorage.setItem('auth_token', 'over'));
    await page.goto(`${base}/config-maps/new`);
    const dialog = page.getByRole('dialog', { name: 'Your session is over' });
    await dialog.waitFor();
    await page.getByText('Not live').waitFor();
    await page.getByLabel('Key 1', { exact: true }).waitFor();
    await dialog.getByLabel('Admin password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByLabel('Name required').waitFor();
  });

  it('can be used on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('combobox', { name: 'Project settings' }).selectOption('Roles');
    await row('promoters').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await shot('settings-phone');
  });

  it('asked nobody but its own server and the identity provider, and nothing failed in the page', async () => {
    const others = requests.filter(
      (url) => !url.startsWith(world.plane.address) && !url.startsWith('data:') && !url.startsWith(provider.issuer),
    );
    expect(others).toEqual([]);
    expect(errors).toEqual([]);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });
});
