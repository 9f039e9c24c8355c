/**
 * One seed promotion, from its creation to Succeeded, beside a shell script that does the same with git and kustomize: clone, two
 * branches, clear, set the image, build, commit, push, tell Argo CD. In turn, on one machine, in one run; the ratio is what counts.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Promotion } from '@kargo/api';
import { ensureTools } from '../scripts/tools.ts';
import { firstThat, freightWithTag, median, PROJECT, pushTag, shown, startSeedWorld, type SeedWorld } from './seed-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 15);

const SCRIPT = `set -eu
git clone --quiet "$REPO" src
git clone --quiet "$REPO" out
cd out
git checkout --quiet "$BRANCH" 2>/dev/null || git checkout --quiet --orphan "$BRANCH"
git rm -r --force --quiet --ignore-unmatch . >/dev/null
cd ..
printf 'images:\\n- name: %s\\n  newTag: %s\\n' "$IMAGE" "$TAG" >> src/base/kustomization.yaml
"$KUBECTL" kustomize src/stages/test > out/manifests.yaml
cd out
git add --all
git -c user.name=Bench -c user.email=bench@example.org commit --quiet -m "Use $IMAGE:$TAG"
git push --quiet origin "HEAD:refs/heads/$BRANCH"
curl --silent --fail --output /dev/null -X PATCH -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/merge-patch+json' \\
  --data '{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"hard"}},"operation":{"sync":{}}}' \\
  "$SERVER/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/kargo-demo-uat"
`;

async function script({ addresses, server, token }: SeedWorld, tag: string, kubectl: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kargo-script-'));
  await writeFile(join(folder, 'promote.sh'), SCRIPT);
  const names = { REPO: addresses.repository, BRANCH: 'script/test', IMAGE: addresses.image, TAG: tag };
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECTL: kubectl, TOKEN: token, SERVER: server.address, ...names };
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const child = spawn('sh', ['promote.sh'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the script ended with code ${code}`))));
  });
  const took = performance.now() - started;
  await rm(folder, { recursive: true });
  return took;
}

async function promote({ client }: SeedWorld, freight: string): Promise<number> {
  const started = performance.now();
  const created = await client.create(Promotion, {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: { namespace: PROJECT, generateName: 'bench-' },
    spec: { stage: 'test', freight } as Promotion['spec'],
  });
  const over = ['Succeeded', 'Failed', 'Errored'];
  const done = await firstThat<Promotion>(
    client.watch(Promotion, { namespace: PROJECT }),
    ({ metadata, status }) => metadata.name === created.metadata.name && over.includes(status?.phase ?? ''),
  );
  if (done.status?.phase !== 'Succeeded') throw new Error(`the promotion ended ${done.status?.phase}: ${done.status?.message}`);
  return performance.now() - started;
}

/** Prints both times and their ratio. */
export async function benchSeedPromotion(): Promise<void> {
  const { kubectl = 'kubectl' } = await ensureTools();
  const world = await startSeedWorld({ verification: false, autoPromote: false });
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const tag = `1.26.${100 + round}`;
      await pushTag(world, tag);
      const freight = await freightWithTag(world, tag);
      const a = await promote(world, freight.metadata.name ?? '');
      const b = await script(world, tag, kubectl);
      if (round === 0) continue; // Warms up both.
      ours.push(a);
      theirs.push(b);
    }
    console.log(`seed promotion, created to Succeeded   ${shown(ours)}`);
    console.log(`shell script doing the same            ${shown(theirs)}`);
    console.log(`ratio of the medians                   ${(median(ours) / median(theirs)).toFixed(2)} (at most 3)`);
  } finally {
    await world.close();
  }
}

if (import.meta.main) await benchSeedPromotion();
