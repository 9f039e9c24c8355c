/** What can be known of steps before they run is said when Stages and tasks are written. */
import { apiVersionOf, PromotionTask, Stage, type PromotionStep } from '@kargo/api';
import { builtInSteps, StepChecker, stepRegistry } from '@kargo/promotion';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stepWarnings } from './step-rules.ts';
import { admissionWorld, type AdmissionWorld, refusal, stage } from './testing/admission-world.ts';

const checker = new StepChecker(stepRegistry());
let world: AdmissionWorld;
beforeEach(async () => {
  world = await admissionWorld({ checker, steps: new Set(builtInSteps.map(({ name }) => name)) });
});
afterEach(() => world.close());

const STEPS = 'spec.promotionTemplate.spec.steps';
const create = (...steps: PromotionStep[]): Promise<Stage> =>
  world.kim.create(Stage, stage('checked', { promotionTemplate: { spec: { steps } } }));
const http = (config: Record<string, string>): PromotionStep => ({
  uses: 'http',
  config: { url: 'https://example.com', ...config },
});

describe('steps of Stages', () => {
  it('are accepted when they can work', async () => {
    await create(http({ method: '${{ vars.method }}', successExpression: 'response.status == 200' }), {
      uses: 'fail',
      if: '${{ failure() }}',
    });
  });

  it.each<[string, PromotionStep, string, RegExp]>([
    [
      'a field nobody knows',
      http({ methd: 'PUT' }),
      `${STEPS}[0].config.methd`,
      /http knows no "methd" here: did you mean "method"\?; there are: body, /,
    ],
    [
      'a field that is missing',
      { uses: 'http-download', config: { url: 'https://x' } },
      `${STEPS}[0].config.outPath`,
      /http-download needs outPath/,
    ],
    [
      'a value of another type',
      http({ insecureSkipTLSVerify: 'no' }),
      `${STEPS}[0].config.insecureSkipTLSVerify`,
      /Expected: boolean/,
    ],
    ['a value nobody knows', http({ method: 'FETCH' }), `${STEPS}[0].config.method`, /Does not match pattern/],
    [
      'a function nobody knows',
      http({ body: '${{ freightMetdata("x") }}' }),
      `${STEPS}[0].config.body`,
      /did you mean "freightMetadata"\?/,
    ],
    ['an argument too many', { uses: 'fail', if: '${{ always(1) }}' }, `${STEPS}[0].if`, /too many arguments to call always/],
    ['an expression that cannot be read, once', http({ body: '${{ ( }}' }), `${STEPS}[0].config.body`, /./],
  ])('are refused for %s', async (_, step, field, why) => {
    const { problems } = await refusal(create(step));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(why);
    expect(problems[0]?.startsWith(`${field}: `)).toBe(true);
  });

  it('are warned of for what may be meant so', () => {
    const process = { kind: 'stage', steps: [http({ body: '${{ vrs.x }}' })] } as const;
    expect(stepWarnings({ checker, steps: new Set() }, process, 'spec.promotionTemplate.spec')).toEqual([
      expect.stringMatching(/^spec.promotionTemplate.spec.steps\[0\].config.body: unknown name vrs: did you mean "vars"\?/),
    ]);
  });
});

it('steps of tasks are checked alike', async () => {
  const task = {
    apiVersion: apiVersionOf(PromotionTask),
    kind: 'PromotionTask',
    metadata: { name: 'task', namespace: 'shop' },
  } as const;
  const { problems } = await refusal(world.kim.create(PromotionTask, { ...task, spec: { steps: [http({ methd: 'PUT' })] } }));
  expect(problems).toEqual([expect.stringMatching(/^spec.steps\[0\].config.methd: .*did you mean "method"/)]);
});
