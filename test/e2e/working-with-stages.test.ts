/** What the documentation says about Stages and what people do with them on the command line, against a whole Kargo. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AnalysisRun, isReason, Warehouse, type Stage, type VerificationInfo } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  analysisTemplate,
  isInDocument,
  microservicesStage,
  promotionTemplate,
  testStage,
  uatStage,
  verification,
  verificationOptions,
} from './document.ts';
import { PROJECT, World } from './world.ts';

let world: World;
const kargo = (command: string, input?: string): Promise<string> => world.ok(`${command} --project ${PROJECT}`, input);

const warehouse = (name: string, image = name): string => `
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: ${name}, namespace: ${PROJECT}}
spec:
  subscriptions:
  - image: {repoURL: ${world.registry.repository(image)}, constraint: ">=1.0.0"}
`;

/** A Stage whose promotions do nothing but end. */
const stage = (name: string, spec = ''): string => `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: ${PROJECT}}
spec:
  requestedFreight:
  - {origin: {kind: Warehouse, name: my-warehouse}, sources: {direct: true}}
  promotionTemplate:
    spec:
      steps:
      - {uses: compose-output, as: done, config: {stage: "\${{ ctx.stage }}"}}
${spec}`;

/** An AnalysisTemplate with one Job. */
const job = (name: string, command: string[], spec = ''): string => `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: ${name}, namespace: ${PROJECT}}
spec:
  metrics:
  - name: job
    provider:
      job:
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              containers: [{name: test, image: "alpine:latest", command: ${JSON.stringify(command)}}]
${spec}`;

const verificationBy = (template: string): string => `  verification:\n    analysisTemplates: [{name: ${template}}]\n`;

beforeAll(async () => {
  world = await World.start();
  world.registry.pushImage('app', '1.0.0');
  await world.ok(`create project ${PROJECT}`);
  await world.ok('apply -f -', warehouse('my-warehouse', 'app'));
  await world.freightWithTag('1.0.0');
}, 60_000);
afterAll(() => world?.close());

const freightName = async (tag = '1.0.0'): Promise<string> => (await world.freightWithTag(tag)).metadata.name ?? '';

const promote = async (name: string, tag?: string): Promise<void> => {
  await kargo(`promote --stage ${name} --freight ${await freightName(tag)} --wait`);
};

/** The history of verifications of what is in a Stage, once `fits`. */
const verifications = (name: string, fits: (history: VerificationInfo[], stage: Stage) => boolean): Promise<VerificationInfo[]> =>
  world.until(`verification of ${name}`, async () => {
    const found = await world.stage(name);
    const history = found.status?.freightHistory?.[0]?.verificationHistory ?? [];
    return fits(history, found) ? history : undefined;
  });

const ended = ([latest]: VerificationInfo[]): boolean => latest?.finishTime !== undefined;

describe('the manifests of the document', () => {
  const whole = `${testStage}${promotionTemplate}${verification}${verificationOptions}`;

  it.each([
    { what: 'a Stage fed by a Warehouse', printed: [testStage], manifest: testStage },
    { what: 'a Stage fed by another', printed: [uatStage], manifest: uatStage },
    { what: 'a Stage of two microservices', printed: [microservicesStage], manifest: microservicesStage },
    { what: 'steps and verification', printed: [promotionTemplate, `${verification}${verificationOptions}`], manifest: whole },
    { what: 'an AnalysisTemplate', printed: [analysisTemplate], manifest: analysisTemplate },
  ])('[S09] [S02] [S10] are accepted as written: $what', async ({ printed, manifest }) => {
    for (const part of printed) expect(isInDocument(part) ?? true).toBe(true);
    const created = await world.ok('create -f -', manifest);
    expect(created).toMatch(/ created\n$/);
    await world.ok('delete -f -', manifest);
  });

  it('[S01] [S02] keep the spec of the user and get a status from the system', async () => {
    await world.ok('create -f -', stage('described'));
    const described = await world.until('a status', async () => {
      const found = await world.stage('described');
      return found.status?.observedGeneration === found.metadata.generation && found;
    });
    expect(described).toMatchObject({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Stage',
      spec: {
        requestedFreight: [{ origin: { kind: 'Warehouse', name: 'my-warehouse' }, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: [{ uses: 'compose-output', config: { stage: '${{ ctx.stage }}' } }] } },
      },
    });
    expect(described.status?.conditions?.length).toBeGreaterThan(0);
  });

  it('[S03] name no other kind of origin', async () => {
    const manifest = testStage.replace('name: test', 'name: odd').replace('kind: Warehouse', 'kind: Chart');
    const { code, stderr } = await world.kargo('create -f -', manifest);
    expect(code).toBe(1);
    expect(stderr).toMatch(/spec\.requestedFreight\[0\]\.origin\.kind: .*Chart.*"?Warehouse/);
    await expect(world.stage('odd')).rejects.toSatisfy((error) => isReason(error, 'NotFound'));
  });
});

describe('kargo create, get and delete', () => {
  it('[S37] creates the Stages of a file and shows them', async () => {
    const file = join(world.folder, 'stage.yaml');
    await writeFile(file, stage('from-file'));
    expect(await world.ok(`create -f ${file}`)).toBe('stage.kargo.akuity.io/from-file created\n');
    expect(await kargo('get stage from-file')).toMatch(/^NAME +SHARD .*\nfrom-file .*\n$/);
  });

  it('[S39] deletes a Stage, with its traces on Freight, and leaves the Freight', async () => {
    await world.ok('create -f -', stage('short-lived'));
    await promote('short-lived');
    const name = await freightName();
    await world.verified(name, 'short-lived');
    expect(await kargo('delete stage short-lived')).toBe('stage.kargo.akuity.io/short-lived deleted\n');
    await world.until('the Stage to be gone', async () => {
      const { code } = await world.kargo(`get stage short-lived --project ${PROJECT}`);
      return code === 5;
    });
    expect((await world.freightWithTag('1.0.0')).status?.verifiedIn ?? {}).not.toHaveProperty('short-lived');
  });
});

describe('Freight', () => {
  it('[S38] is promoted to a Stage', async () => {
    await world.ok('create -f -', stage('by-hand'));
    await promote('by-hand');
    const last = await world.until('the last promotion', async () => (await world.stage('by-hand')).status?.lastPromotion);
    expect(last).toMatchObject({ status: { phase: 'Succeeded' }, freight: { name: await freightName() } });
    const logs = await kargo(`logs promotion ${last.name} -f`);
    expect(logs).toMatch(/^\S+Z compose-output/);
  });

  it('[S07] is approved by hand for a Stage it was not verified for, by those who may', async () => {
    await world.ok('create -f -', stage('behind').replace('direct: true', 'stages: [never]'));
    const name = await freightName();
    const refused = await world.kargo(`promote --project ${PROJECT} --stage behind --freight ${name}`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not available to Stage') as string });
    for (const authorization of ['', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.']) {
      const url = `${world.plane.address}/v1beta1/projects/${PROJECT}/freight/${name}/approve?stage=behind`;
      const answer = await fetch(url, { method: 'POST', ...(authorization === '' ? {} : { headers: { authorization } }) });
      expect(answer.status).toBe(401);
    }
    expect((await world.freightWithTag('1.0.0')).status?.approvedFor).toBeUndefined();
    await kargo(`approve --freight ${name} --stage behind`);
    await promote('behind');
  });

  it('[S08] of two origins fills a slot each, and one is promoted without the other', async () => {
    for (const name of ['microservice-a', 'microservice-b']) {
      world.registry.pushImage(name, name.endsWith('a') ? '2.0.0' : '3.0.0');
      await world.ok('apply -f -', warehouse(name));
    }
    const template = stage('x').slice(stage('x').indexOf('  promotionTemplate:'));
    await world.ok('apply -f -', microservicesStage.replace('name: test', 'name: both') + template);
    const deployed = (wanted: Record<string, string>): Promise<boolean> =>
      world.until(`${JSON.stringify(wanted)} in both`, async () => {
        const items = Object.entries((await world.stage('both')).status?.freightHistory?.[0]?.items ?? {});
        return isDeepStrictEqual(Object.fromEntries(items.map(([origin, { images }]) => [origin, images?.[0]?.tag])), wanted);
      });
    await promote('both', '2.0.0');
    await deployed({ 'Warehouse/microservice-a': '2.0.0' });
    await promote('both', '3.0.0');
    await deployed({ 'Warehouse/microservice-a': '2.0.0', 'Warehouse/microservice-b': '3.0.0' });
    world.registry.pushImage('microservice-a', '2.1.0');
    await kargo('refresh warehouse microservice-a');
    await promote('both', '2.1.0');
    await deployed({ 'Warehouse/microservice-a': '2.1.0', 'Warehouse/microservice-b': '3.0.0' });
  });

  it('[S45] shows where it is verified, one and many', async () => {
    const name = await freightName();
    await world.ok('apply -f -', stage('shown'));
    await promote('shown');
    await world.verified(name, 'shown');
    const command = 'get freight --output jsonpath-as-json={.status}';
    const many = JSON.parse(await kargo(command)) as { verifiedIn?: object }[];
    expect(many.length).toBeGreaterThan(1);
    expect(many.filter(({ verifiedIn }) => verifiedIn !== undefined && 'shown' in verifiedIn)).toHaveLength(1);
    const one = JSON.parse(await kargo(command.replace('freight', `freight ${name}`))) as { verifiedIn?: object }[];
    expect(one).toHaveLength(1);
    expect(one[0]?.verifiedIn).toHaveProperty('shown');
  });
});

describe('kargo refresh', () => {
  it('[S40] [S41] has the Stage looked at, and says when that is done', async () => {
    await world.ok('apply -f -', stage('refreshed'));
    expect(await kargo('refresh stage refreshed --wait')).toBe(`Stage '${PROJECT}/refreshed' refreshed\n`);
    const { metadata, status } = await world.stage('refreshed');
    expect(status?.lastHandledRefresh).toBe(metadata.annotations?.['kargo.akuity.io/refresh']);
  });

  it('[S04] has a Warehouse look for new Freight at once', async () => {
    world.registry.pushImage('app', '1.1.0');
    await kargo('refresh warehouse my-warehouse --wait');
    const found = await world.get(Warehouse, 'my-warehouse');
    expect(found.status?.discoveredArtifacts?.images?.[0]?.references?.[0]?.tag).toBe('1.1.0');
    expect((await world.freightWithTag('1.1.0')).origin).toEqual({ kind: 'Warehouse', name: 'my-warehouse' });
  });
});

describe('verification', () => {
  const runOf = ([latest]: VerificationInfo[]): Promise<AnalysisRun> =>
    world.get(AnalysisRun, latest?.analysisRun?.name ?? 'there is none');

  it('[S22] [S23] has the metadata of the Stage on its runs, and arguments in place of those of the template', async () => {
    await world.ok(
      'apply -f -',
      job(
        'with-args',
        ['test', '{{args.foo}} {{args.other}}', '=', 'bar kept'],
        '  args: [{name: foo, value: no}, {name: other, value: kept}]',
      ),
    );
    const options = `${verification.replace('kargo-demo', 'with-args')}${verificationOptions}`;
    await world.ok('apply -f -', stage('argued', options));
    await promote('argued');
    const history = await verifications('argued', ended);
    expect(history[0]).toMatchObject({ phase: 'Successful' });
    const run = await runOf(history);
    expect(run.metadata.labels).toMatchObject({ foo: 'bar' });
    expect(run.metadata.annotations).toMatchObject({ bat: 'baz' });
    expect(run.spec.args).toContainEqual({ name: 'foo', value: 'bar' });
  });

  it('[S25] that fails leaves the Freight unverified, and says why', async () => {
    await world.ok(
      'apply -f -',
      job('failing', ['sh', '-c', 'echo no such page; exit 3']) + '---' + stage('broken', verificationBy('failing')),
    );
    await promote('broken');
    const history = await verifications('broken', ended);
    expect(history).toMatchObject([{ phase: 'Failed' }]);
    const { status } = await world.until('the phase of the Stage', async () => {
      const found = await world.stage('broken');
      return found.status?.conditions?.some(({ type, status: is }) => type === 'Verified' && is === 'False') === true && found;
    });
    expect(status?.phase).not.toBe('Steady');
    expect((await world.freightWithTag('1.0.0')).status?.verifiedIn ?? {}).not.toHaveProperty('broken');
    expect(await kargo(`logs ${history[0]?.analysisRun?.name}`)).toMatch(/^\S+Z no such page\n$/);
  });

  it('[S42] is repeated on request, as a new entry of the history', async () => {
    await world.ok('apply -f -', job('passing', ['true']) + '---' + stage('again', verificationBy('passing')));
    await promote('again');
    const [first] = await verifications('again', ended);
    await kargo('verify stage again');
    const history = await verifications('again', (entries) => entries.length === 2 && ended(entries));
    expect(history[0]).toMatchObject({ phase: 'Successful' });
    expect(history[0]?.id).not.toBe(first?.id);
    expect(history[0]?.analysisRun?.name).not.toBe(first?.analysisRun?.name);
    expect(history[1]).toEqual(first);
  });

  it('[S43] is aborted on request, and can be had again', async () => {
    await world.ok('apply -f -', job('slow', ['sleep', '60']) + '---' + stage('aborted', verificationBy('slow')));
    await promote('aborted');
    await verifications('aborted', ([latest]) => latest?.phase === 'Running');
    await kargo('verify stage aborted --abort');
    const history = await verifications('aborted', ended);
    expect(history).toMatchObject([{ phase: 'Aborted' }]);
    await world.until('the run to end', async () => (await runOf(history)).status?.completedAt !== undefined);
    expect((await world.freightWithTag('1.0.0')).status?.verifiedIn ?? {}).not.toHaveProperty('aborted');
    await world.ok('apply -f -', job('slow', ['true']));
    await kargo('verify stage aborted');
    expect((await verifications('aborted', (entries) => entries.length === 2 && ended(entries)))[0]?.phase).toBe('Successful');
  });
});
