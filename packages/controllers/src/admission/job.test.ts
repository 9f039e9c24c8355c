import { RUN_UID_LABEL } from '@kargo/analysis';
import { coreKinds, Job, Namespace, type Workload } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { seededRandom, VirtualClock, type AdmissionRules, type Client } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RUN_JOB_LABEL } from '../jobs/job-controller.ts';
import { jobRules } from './job.ts';

let server: ApiServer;
let person: Client;
let engine: Client;

beforeEach(async () => {
  const rules = jobRules({ mayRunJobs: ({ username }) => username === 'engine' }) as unknown as AdmissionRules;
  const clock = new VirtualClock();
  server = openApiServer({ path: ':memory:', kinds: coreKinds, clock, random: seededRandom(1), admission: [rules] });
  person = server.client({ username: 'mallory' });
  engine = server.client({ username: 'engine' });
  await engine.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'p' } });
});
afterEach(() => server.close());

function job(labels: Record<string, string> = {}, command = 'true'): Workload {
  const spec = { template: { spec: { containers: [{ name: 'c', image: 'x', command: [command] }] } } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'p', labels }, spec };
}

const marks: [string, Record<string, string>][] = [
  ['the mark of a verification', { [RUN_UID_LABEL]: 'some-uid' }],
  ['the mark of a hook', { [RUN_JOB_LABEL]: 'true' }],
];

describe.each(marks)('Jobs with %s', (_, labels) => {
  it('are made by Kargo alone', async () => {
    await expect(person.create(Job, job(labels))).rejects.toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('create an AnalysisRun'),
    });
    await engine.create(Job, job(labels));
  });

  it('do not come from Jobs that others made', async () => {
    const made = await person.create(Job, job());
    await expect(person.update(Job, { ...made, metadata: { ...made.metadata, labels } })).rejects.toMatchObject({
      reason: 'Forbidden',
    });
    const patch = { type: 'merge', body: { metadata: { labels } } } as const;
    await expect(person.patch(Job, { namespace: 'p', name: 'j' }, patch)).rejects.toMatchObject({ reason: 'Forbidden' });
  });

  it('run what they were made for, and end as they ended', async () => {
    const made = await engine.create(Job, job(labels));
    const other = { ...made, spec: job({}, 'evil').spec ?? {} };
    await expect(person.update(Job, other)).rejects.toMatchObject({ reason: 'Forbidden' });
    const done = { ...made, status: { conditions: [{ type: 'Complete', status: 'True' }] } };
    await expect(person.updateStatus(Job, done)).rejects.toMatchObject({ reason: 'Forbidden' });
    await engine.updateStatus(Job, done);
  });

  it('may be given other labels, and deleted', async () => {
    const made = await engine.create(Job, job(labels));
    await person.update(Job, { ...made, metadata: { ...made.metadata, labels: { ...labels, team: 'a' } } });
    await person.delete(Job, { namespace: 'p', name: 'j' });
  });
});

it('leaves Jobs without a mark to everybody', async () => {
  const made = await person.create(Job, job({ [RUN_JOB_LABEL]: 'no' }));
  await person.update(Job, { ...made, spec: job({}, 'other').spec ?? {} });
  await person.updateStatus(Job, { ...made, metadata: { name: 'j', namespace: 'p' }, status: { active: 1 } });
});
