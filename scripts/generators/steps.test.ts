import { parse } from 'yaml';
import { builtInSteps, ConfigValidator } from '@kargo/promotion';
import { describe, expect, it } from 'vitest';
import { handWritten, stepPages } from './steps.ts';

describe('the pages of the steps', () => {
  const documented = builtInSteps.filter(({ name }) => handWritten(name) !== '');

  it.each(documented.map(({ name }) => name))('of %s has an example that its configuration schema allows', async (name) => {
    const page = (await stepPages()).get(`docs/steps/${name}.md`) ?? '';
    expect(page.match(/^##? .*$/gm)).toEqual([`# \`${name}\``, '## Configuration', '## Outputs', '## Example']);
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text]) => parse(text ?? '') as Example[]);
    expect(examples.map(({ uses }) => uses)).toContain(name);
    for (const { uses, config = {} } of examples) {
      const step = builtInSteps.find((each) => each.name === uses);
      expect(new ConfigValidator().problems(step?.configSchema ?? { not: {} }, config)).toEqual([]);
    }
  });
});

interface Example {
  uses: string;
  config?: object;
}
