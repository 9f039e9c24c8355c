import type { Json } from '@kargo/api';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Step, StepContext, StepPorts, StepResult } from '../step.ts';

/** The result of a step, after making sure that it puts out nothing but what the step declares. */
export async function withDeclaredOutputs<Config>(
  { name, outputs = {} }: Step<Config>,
  config: Config,
  result: Promise<StepResult>,
): Promise<StepResult> {
  const { output = {}, ...rest } = await result;
  const declared = typeof outputs === 'function' ? outputs(config as Json) : outputs;
  if (declared === undefined) return { ...rest, output };
  const validate = new Ajv2020({ strict: false }).compile({ type: 'object', additionalProperties: false, properties: declared });
  if (!validate(output)) throw new Error(`${name} puts out what it does not declare: ${JSON.stringify(validate.errors)}`);
  return result;
}

/** Runs a step, making sure of the same. */
export function runDeclared<Config>(step: Step<Config>, context: StepContext<Config>, ports: StepPorts): Promise<StepResult> {
  return withDeclaredOutputs(step, context.config, step.run(context, ports));
}
