/**
 * The demo: changes travel from an image registry through test, uat and prod of a pipeline, with real commits on real branches and a
 * verification after each promotion. Everything runs on this machine: a git server, a registry and `kargo up`.
 *
 * `--exit` ends it after the summary; otherwise it keeps serving until Ctrl-C.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer, startRegistry } from '@kargo/integrations/testing';
import { httpClient } from '@kargo/kube';
import { parse } from 'yaml';
import { ensureTools } from '../../scripts/tools.ts';
import { ensureUI } from '../../scripts/ui.ts';
import { kargo, startKargo } from './kargo.ts';
import { localizedRepository, manifest } from './manifests.ts';
import { PipelineView } from './pipeline-view.ts';
import { Screen } from './screen.ts';

const PROJECT = 'kargo-demo';
const STAGES = ['test', 'uat', 'prod'];
const FIRST_TAG = '1.26.2';
const SECOND_TAG = '1.27.0';
const PASSWORD = 'demo';
const WAIT = 180_000;

const screen = new Screen(process.stdout);
const cleanups: (() => Promise<unknown>)[] = [];

async function demo(): Promise<void> {
  screen.heading('Kargo demo: from a registry to production, on this machine');
  await ensureTools();
  ensureUI();
  const folder = await mkdtemp(join(tmpdir(), 'kargo-demo-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const git = await startGitServer({ directory: join(folder, 'git') });
  cleanups.push(() => git.close());
  const registry = await startRegistry();
  cleanups.push(() => registry.close());
  const addresses = { repository: git.repositoryURL('repo'), image: `${registry.host}/nginx/nginx` };
  await git.createRepository('repo', localizedRepository(addresses));
  for (const tag of ['1.25.5', '1.26.1', FIRST_TAG]) registry.pushImage('nginx/nginx', tag);
  screen.line(`  git server   ${git.url} (a kustomize repository: base/, stages/{test,uat,prod})`);
  screen.line(`  registry     ${registry.url} (nginx/nginx:1.25.5, 1.26.1, ${FIRST_TAG})`);

  const data = join(folder, 'data');
  screen.command(`kargo up --data ${data} --job-executor local-process`);
  const server = await startKargo(['--data', data, '--listen', '127.0.0.1:0', '--job-executor', 'local-process'], {
    KARGO_ADMIN_PASSWORD: PASSWORD,
  });
  cleanups.push(() => server.stop());
  screen.line(`  kargo        ${server.address} (served after ${(server.readyAfter / 1000).toFixed(1)} s)`);

  const env = { XDG_CONFIG_HOME: join(folder, 'config') };
  const run = async (command: string, options: { input?: string; password?: string } = {}): Promise<string> => {
    screen.command(`kargo ${command}`);
    return kargo([...command.split(' '), ...(options.password === undefined ? [] : ['--password', options.password])], {
      env,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  };
  await run(`login ${server.address} --admin`, { password: PASSWORD });

  screen.heading('The pipeline');
  for (const name of ['project', 'stages', 'applications'] as const) {
    screen.command(`kargo apply -f examples/demo/pipeline/${name}.yaml`);
    const printed = await kargo(['apply', '-f', '-'], { env, input: await manifest(name, addresses) });
    for (const line of printed.trim().split('\n')) screen.line(`  ${screen.style('dim', line)}`);
  }

  const view = new PipelineView({
    client: httpClient({ baseURL: server.address, token: await kubeToken(data) }),
    screen,
    project: PROJECT,
    stages: STAGES,
  });
  cleanups.push(() => Promise.resolve(view.stop()));
  screen.heading(`Tag ${FIRST_TAG} travels: test and uat by themselves, prod by hand`);
  view.start();
  await travel(FIRST_TAG);
  screen.heading(`A newer tag, ${SECOND_TAG}, is pushed`);
  registry.pushImage('nginx/nginx', SECOND_TAG);
  await run(`refresh warehouse my-warehouse --project ${PROJECT}`);
  await travel(SECOND_TAG);
  view.stop();

  async function travel(tag: string): Promise<void> {
    const { metadata } = await view.freightWithTag(tag, WAIT);
    const name = metadata.name ?? '';
    await view.verified(name, 'test', WAIT);
    await view.verified(name, 'uat', WAIT);
    await run(`promote --project ${PROJECT} --freight ${name} --stage prod`);
    await view.verified(name, 'prod', WAIT);
  }

  screen.heading('Where everything is now');
  for (const command of [
    `get stages --project ${PROJECT}`,
    `get freight --project ${PROJECT}`,
    `get promotions --project ${PROJECT}`,
  ]) {
    const printed = await run(command);
    for (const line of printed.trimEnd().split('\n')) screen.line(`  ${line}`);
  }
  screen.heading('Commits made');
  for (const stage of STAGES) {
    for (const { id, message } of await git.log('repo', `stage/${stage}`))
      screen.line(`  stage/${stage.padEnd(5)} ${id.slice(0, 7)}  ${message.split('\n')[0]}`);
  }
  screen.heading('Addresses');
  screen.line(`  API and UI   ${server.address}   (admin password: ${PASSWORD})`);
  screen.line(`  git          ${addresses.repository}`);
  screen.line(`  image        ${addresses.image}`);
  screen.line(`  kubectl      kubectl --kubeconfig ${join(data, 'kubeconfig')} get stages -n ${PROJECT}`);
  screen.line(`  kargo        XDG_CONFIG_HOME=${env.XDG_CONFIG_HOME} npx kargo get stages --project ${PROJECT}`);
  if (process.argv.includes('--exit')) return;
  screen.line('');
  screen.line(
    `Still serving. ${process.stdin.isTTY ? 'Enter pushes another tag; ' : ''}Ctrl-C ends the demo and removes its scratch folder.`,
  );
  const ended = new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  if (process.stdin.isTTY) {
    let patch = 0;
    process.stdin.on('data', () => {
      patch += 1;
      registry.pushImage('nginx/nginx', `1.27.${patch}`);
      run(`refresh warehouse my-warehouse --project ${PROJECT}`).catch((error: unknown) => screen.line(String(error)));
    });
    view.start();
  }
  await ended;
  process.stdin.pause();
}

/** The token with which `kargo up` lets Kubernetes clients in. */
async function kubeToken(data: string): Promise<string> {
  const { users } = parse(await readFile(join(data, 'kubeconfig'), 'utf8')) as { users: { user: { token: string } }[] };
  return users[0]?.user.token ?? '';
}

try {
  await demo();
} catch (error) {
  screen.panel([]);
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const cleanup of cleanups.toReversed())
    await cleanup().catch((error: unknown) => console.error(`cleaning up: ${String(error)}`));
}
