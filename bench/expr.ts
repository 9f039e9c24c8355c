/** A million evaluations of `imageFrom(vars.repo).Tag`; and how many of other expressions and templates a second. */
import type { Warehouse } from '@kargo/api';
import { compile, compileTemplate, hostFunction, StructType } from '@kargo/expr';
import { artifactFunctions } from '@kargo/promotion';

const RUNS = 300_000;

const image = new StructType('Image', [
  { name: 'RepoURL', json: 'repoURL', type: 'string' },
  { name: 'Tag', json: 'tag', type: 'string' },
]);
const found = image.of({ repoURL: 'ghcr.io/acme/app', tag: 'v1.2.3' });
const imageFrom = hostFunction('imageFrom', { params: ['string'], result: image }, () => found);
const env = {
  vars: { repo: 'ghcr.io/acme/app', replicas: 3 },
  outputs: { commit: { commit: '0123abcd' }, files: Array.from({ length: 20 }, (_, size) => ({ name: `f${size}`, size })) },
};
const options = { functions: { imageFrom } };

const expressions = [
  'imageFrom(vars.repo).Tag',
  'vars.replicas * 2 + 1',
  'outputs.commit?.commit ?? "none"',
  'outputs.files | filter(.size > 10) | map(.name) | join(",")',
  'vars.repo matches "^ghcr\\\\.io/"',
];
const templates = ['${{ imageFrom(vars.repo).Tag }}', 'image-${{ vars.repo }}:${{ quote(vars.replicas) }}'];

/** The function as promotions have it: it finds the image in Freight of two Warehouses. */
const warehouse = (name: string, repoURL: string): Warehouse => ({
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Warehouse',
  metadata: { name },
  spec: { subscriptions: [{ git: { repoURL: 'https://x' } }, { image: { repoURL } }] as never },
});
const warehouses = [warehouse('other', 'ghcr.io/acme/other'), warehouse('app', 'ghcr.io/acme/app')];
const images = [{ repoURL: 'ghcr.io/acme/app', tag: 'v1.2.3', digest: 'sha256:abc' }];
const freight = {
  id: 'c',
  items: { 'Warehouse/app': { name: 'f', origin: { kind: 'Warehouse', name: 'app' } as const, images } },
};

function million(): void {
  const program = compile('imageFrom(vars.repo).Tag', {
    functions: artifactFunctions({ freight, warehouses: () => warehouses }),
  });
  if (program.run(env) !== 'v1.2.3') throw new Error('the image was not found');
  const start = performance.now();
  const before = process.cpuUsage();
  for (let run = 0; run < 1_000_000; run += 1) program.run(env);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  console.log(
    `${seconds.toFixed(2)} s, ${((user + system) / 1_000_000).toFixed(2)} s of them on a processor, for 1,000,000 evaluations of imageFrom(vars.repo).Tag, compiled (limit 2 s)`,
  );
}
million();

function report(name: string, work: () => unknown): void {
  for (let run = 0; run < 1000; run++) work();
  const start = performance.now();
  for (let run = 0; run < RUNS; run++) work();
  const perSecond = RUNS / ((performance.now() - start) / 1000);
  console.log(`${Math.round(perSecond).toLocaleString('en').padStart(12)}/s  ${name}`);
}

for (const source of expressions) {
  const program = compile(source, options);
  report(source, () => program.run(env));
}
for (const source of templates) {
  const template = compileTemplate(source, options);
  report(source, () => template.render(env));
}
report('compile: imageFrom(vars.repo).Tag', () => compile('imageFrom(vars.repo).Tag', options));
