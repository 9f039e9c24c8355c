/** Evaluations of typical expressions, and renderings of typical templates, per second. */
import { compile, compileTemplate, hostFunction, StructType } from '@kargo/expr';

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
