import type { PromotionStep } from '@kargo/api';
import { parse } from 'yaml';
import { builtInSteps, StepChecker, stepRegistry } from '@kargo/promotion';
import { describe, expect, it } from 'vitest';
import { handWritten, stepPages } from './steps.ts';

describe('the pages of the steps', () => {
  const documented = builtInSteps.filter(({ name }) => handWritten(name) !== '');

  it.each(documented.map(({ name }) => name))('of %s has an example that would be admitted', async (name) => {
    const page = (await stepPages()).get(`docs/steps/${name}.md`) ?? '';
    const headings = page.match(/^##? .*$/gm) ?? [];
    // What else there is to say of a step stands between its outputs and its example.
    expect([...headings.slice(0, 3), headings.at(-1)]).toEqual([`# \`${name}\``, '## Configuration', '## Outputs', '## Example']);
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text]) => parse(text ?? '') as PromotionStep[]);
    expect(examples.map(({ uses }) => uses)).toContain(name);
    expect(new StepChecker(stepRegistry()).check({ kind: 'task', steps: examples }).filter(({ certain }) => certain)).toEqual([]);
  });
});
