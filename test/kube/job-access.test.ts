/** Who may create Jobs in a Project of a running Kargo must not thereby run programs on its machine. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalysisRun, Job, Namespace, Role, RoleBinding, type Workload } from '@kargo/api';
import { parseUpConfig, startControlPlane, type ControlPlane } from '@kargo/controlplane';
import { httpClient, silentLog, type Client } from '@kargo/kube';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kargo-job-access-'));
const RBAC = 'rbac.authorization.k8s.io';
let plane: ControlPlane;
let admin: Client;
let mallory: Client;

beforeAll(async () => {
  const args = ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--job-executor', 'local-process'];
  const config = parseUpConfig(args, { KARGO_ADMIN_PASSWORD: 'x' });
  if (config === undefined) throw new Error('help was not asked for');
  plane = await startControlPlane({ config, log: silentLog });
  const reach = { baseURL: plane.address, token: plane.kubeToken };
  admin = httpClient(reach);
  mallory = httpClient({ ...reach, headers: { 'impersonate-user': 'mallory' } });
  await admin.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'p' } });
  const metadata = { name: 'jobs', namespace: 'p' };
  const verbs = ['get', 'create', 'patch', 'update'];
  const rules = [{ apiGroups: ['batch'], resources: ['jobs', 'jobs/status'], verbs }];
  await admin.create(Role, { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules });
  const roleRef = { apiGroup: RBAC, kind: 'Role', name: 'jobs' };
  const subjects = [{ apiGroup: RBAC, kind: 'User', name: 'mallory' }];
  await admin.create(RoleBinding, { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects });
}, 60_000);
afterAll(async () => {
  await plane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function job(name: string, file: string, metadata: Partial<Workload['metadata']> = {}): Workload {
  const container = { name: 'c', image: 'x', command: ['touch', join(folder, file)] };
  const spec = { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'p', ...metadata }, spec };
}

it('is refused for every way to have one run, while a verification runs', { timeout: 60_000 }, async () => {
  const uid = 'b5a2a7a0-0000-4000-8000-000000000000';
  const labels: Record<string, string>[] = [{ 'analysisrun.argoproj.io/uid': uid }, { 'kargo.akuity.io/run-job': 'true' }];
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', name: 'run', uid, controller: true };
  for (const mark of labels) {
    const marked = job('evil', 'evil', { labels: mark, ownerReferences: [owner] });
    await expect(mallory.create(Job, marked)).rejects.toMatchObject({ reason: 'Forbidden' });
  }
  await mallory.create(Job, job('plain', 'plain'));
  for (const mark of labels) {
    const patch = { type: 'merge', body: { metadata: { labels: mark } } } as const;
    await expect(mallory.patch(Job, { namespace: 'p', name: 'plain' }, patch)).rejects.toMatchObject({ reason: 'Forbidden' });
  }

  await admin.create(AnalysisRun, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: 'run', namespace: 'p' },
    spec: { metrics: [{ name: 'check', provider: { job: { spec: job('', 'good').spec } } }] },
  } as AnalysisRun);
  while ((await admin.get(AnalysisRun, { namespace: 'p', name: 'run' })).status?.phase !== 'Successful')
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(existsSync(join(folder, 'good'))).toBe(true);
  const [ran] = (await admin.list(Job, { namespace: 'p', labelSelector: 'analysisrun.argoproj.io/uid' })).items;
  const change = { type: 'merge', body: { spec: job('', 'changed').spec as never } } as const;
  await expect(mallory.patch(Job, { namespace: 'p', name: ran?.metadata.name ?? '' }, change)).rejects.toMatchObject({
    reason: 'Forbidden',
  });
  expect(['evil', 'plain', 'changed'].filter((file) => existsSync(join(folder, file)))).toEqual([]);
});
