/** Stages managed with the real kubectl, through the kubeconfig that a real `kargo up` writes. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type RegistryServer } from '@kargo/integrations/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKargo, type KargoServer } from '../../examples/demo/kargo.ts';
import { findKubectl } from '../apiserver/kubectl.ts';

const kubectl = await findKubectl();
if (kubectl === undefined)
  console.warn('skipping the tests with kubectl: none is brought along for this platform and none is in PATH');

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
let registry: RegistryServer;
let server: KargoServer;

function run(command: string, input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const args = ['--kubeconfig', join(folder, 'data', 'kubeconfig'), '--namespace', 'kargo-demo', ...command.split(' ')];
    const child = spawn(kubectl ?? '', args, { env: { HOME: folder, PATH: process.env['PATH'] ?? '' } });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...outcome, code }));
    child.stdin.on('error', reject);
    child.stdin.end(input);
  });
}

async function ok(command: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, input);
  if (code !== 0) throw new Error(`kubectl ${command} ended with code ${code}: ${stderr}`);
  return stdout;
}

/** A value of the status of a Stage, once there is one that fits. */
async function statusOf(stage: string, path: string, fits: RegExp): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await ok(`get stage ${stage} -o jsonpath={.status.${path}}`);
    if (fits.test(found)) return found;
    if (attempt === 100) throw new Error(`status.${path} of ${stage} is ${found}, not ${fits.source}`);
  }
}

const LATEST = 'freightHistory[0].verificationHistory[0]';

const pipeline = (seconds: number): string => `
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: my-warehouse, namespace: kargo-demo}
spec:
  subscriptions:
  - image: {repoURL: ${registry.repository('app')}, constraint: ">=1.0.0"}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: smoke, namespace: kargo-demo}
spec:
  metrics:
  - name: smoke
    provider:
      job:
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{name: smoke, image: "alpine:latest", command: [sleep, "${seconds}"]}]
`;

const stage = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: test, namespace: kargo-demo}
spec:
  requestedFreight:
  - {origin: {kind: Warehouse, name: my-warehouse}, sources: {direct: true}}
  promotionTemplate:
    spec:
      steps: [{uses: compose-output, as: done, config: {stage: "\${{ ctx.stage }}"}}]
  verification:
    analysisTemplates: [{name: smoke}]
`;

describe.skipIf(kubectl === undefined)('[S46] kubectl', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kargo-kubectl-'));
    registry = await startRegistry();
    registry.pushImage('app', '1.0.0');
    const flags = ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--job-executor', 'local-process'];
    server = await startKargo([...flags, '--log-level', 'error'], { KARGO_ADMIN_PASSWORD: 'x' });
    await ok('create -f -', 'apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {name: kargo-demo}\n');
    await ok('wait --for=condition=Ready project/kargo-demo --timeout=20s');
    await ok('apply -f -', pipeline(0));
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('reads its configuration from a file that only its owner can read', async () => {
    expect((await stat(join(folder, 'data', 'kubeconfig'))).mode & 0o777).toBe(0o600);
  });

  it('creates a Stage, promotes to it and waits for the verification', async () => {
    expect(await ok('create -f -', stage)).toBe('stage.kargo.akuity.io/test created\n');
    await ok('wait --for=condition=Healthy warehouse/my-warehouse --timeout=20s');
    const freight = await ok('get freight -o jsonpath={.items[0].metadata.name}');
    const promotion = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Promotion
metadata: {generateName: test., namespace: kargo-demo}
spec: {stage: test, freight: ${freight}}
`;
    expect(await ok('create -f -', promotion)).toMatch(
      /^promotion\.kargo\.akuity\.io\/test\.[0-9a-z]{26}\.[0-9a-f]{7} created\n$/,
    );
    await ok('wait --for=condition=Ready stage/test --timeout=20s');
    expect(await ok('get stage test --no-headers')).toMatch(new RegExp(`^test +${freight} +Healthy +True `));
    expect(await ok(`get freight ${freight} -o jsonpath={.status.verifiedIn}`)).toContain('"test":');
  });

  it('changes a Stage, and leaves alone what did not change', async () => {
    expect(await ok('apply -f -', stage.replace('as: done', 'as: ready'))).toContain('stage.kargo.akuity.io/test configured');
    expect(await ok('apply -f -', stage.replace('as: done', 'as: ready'))).toBe('stage.kargo.akuity.io/test unchanged\n');
    await statusOf('test', 'observedGeneration', /^2$/);
  });

  it('refreshes a Stage', async () => {
    await ok('annotate stage test kargo.akuity.io/refresh=once-more');
    expect(await statusOf('test', 'lastHandledRefresh', /./)).toBe('once-more');
  });

  it('verifies again, and aborts that', async () => {
    await ok('apply -f -', pipeline(60));
    const first = await ok(`get stage test -o jsonpath={.status.${LATEST}.id}`);
    await ok(`annotate stage test kargo.akuity.io/reverify=${first}`);
    await statusOf('test', `${LATEST}.phase`, /^Running$/);
    const second = await ok(`get stage test -o jsonpath={.status.${LATEST}.id}`);
    expect(second).not.toBe(first);
    await ok(`annotate stage test kargo.akuity.io/abort=${second}`);
    await statusOf('test', `${LATEST}.phase`, /^Aborted$/);
    expect(await ok(`get stage test -o jsonpath={.status.${LATEST}.actor}`)).toBe('kubernetes:admin');
  });

  it('tells what happened in events', async () => {
    const events = await ok('get events -o jsonpath={.items[*].reason}');
    expect(events.split(' ')).toEqual(
      expect.arrayContaining(['FreightCreated', 'PromotionCreated', 'PromotionSucceeded', 'FreightVerificationSucceeded']),
    );
  });

  it('deletes a Stage, with what it left on Freight', async () => {
    expect(await ok('delete stage test')).toBe('stage.kargo.akuity.io "test" deleted\n');
    expect(await run('get stage test')).toMatchObject({ code: 1, stderr: expect.stringContaining('NotFound') as string });
    expect(await ok('get freight -o jsonpath={.items[0].status.verifiedIn}')).not.toContain('test');
  });

  it('is told every problem of a manifest at once', async () => {
    const bad = stage
      .replace('requestedFreight:', 'requestedFreigth: []\n  requestedFreight:')
      .replace('kind: Warehouse, name', 'kind: Chart, nam')
      .replace('uses: compose-output', 'uses: compose-outptu');
    const { code, stderr } = await run('create -f -', bad);
    expect(code).toBe(1);
    for (const part of [
      /unknown field "spec\.requestedFreigth", did you mean "spec\.requestedFreight"/,
      /unknown field "spec\.requestedFreight\[0\]\.origin\.nam", did you mean "spec\.requestedFreight\[0\]\.origin\.name"/,
      /spec\.requestedFreight\[0\]\.origin\.name: Required value/,
      /spec\.requestedFreight\[0\]\.origin\.kind: Unsupported value: "Chart": supported values: "Warehouse"/,
      /spec\.promotionTemplate\.spec\.steps\[0\]\.uses: .*did you mean "compose-output"/,
    ])
      expect(stderr).toMatch(part);
  });

  it('is not served without the token of the file', async () => {
    for (const flags of ['--token=garbage', '--token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.']) {
      const { code, stderr } = await run(`get stages ${flags}`);
      expect(code).toBe(1);
      expect(stderr).toMatch(/Unauthorized|must be logged in/);
    }
  });
});
