import type { AnalysisArgument, Json, Stage } from '@kargo/api';
import { VerificationBuildError } from './flatten-templates.ts';

/** An argument of the Stage whose expressions have been evaluated. */
export interface StageArgument {
  name: string;
  value: Json | undefined;
}

/**
 * The arguments of a run: those of the templates, in which those of the Stage take precedence, followed by those that only the Stage
 * names. References to fields are resolved against the Stage. Fails with {@link VerificationBuildError} if one is left without a value.
 */
export function resolveArguments(
  templateArgs: readonly AnalysisArgument[],
  stageArgs: readonly StageArgument[],
  stage: Stage,
): AnalysisArgument[] {
  const given = new Map<string, string>();
  for (const { name, value } of stageArgs) {
    const text = argumentText(name, value);
    if (text !== '') given.set(name, text);
  }
  const declared = new Set(templateArgs.map(({ name }) => name));
  const added = [...given].filter(([name]) => !declared.has(name)).map(([name, value]) => ({ name, value }));
  return [...templateArgs.map((arg) => resolve(arg, given.get(arg.name), stage)), ...added];
}

function resolve({ valueFrom, ...arg }: AnalysisArgument, given: string | undefined, stage: Stage): AnalysisArgument {
  if (given !== undefined) return { ...arg, value: given };
  if (valueFrom?.secretKeyRef !== undefined) return { ...arg, valueFrom };
  if (arg.value !== undefined) return arg;
  const path = valueFrom?.fieldRef?.fieldPath;
  const value = path === undefined ? undefined : fieldOf(stage, path);
  if (value !== undefined) return { ...arg, value };
  const why = path === undefined ? '' : `: Stage ${stage.metadata.name ?? ''} has no ${path}`;
  throw new VerificationBuildError(
    'ArgumentUnresolved',
    `args.${arg.name} was not resolved${why}; give it a value in spec.verification.args`,
  );
}

function argumentText(name: string, value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') {
    const message = `args.${name} must be text, a number or true/false, but is ${Array.isArray(value) ? 'a list' : 'an object'}; use asJSON()`;
    throw new VerificationBuildError('ArgumentInvalid', message);
  }
  return String(value);
}

function fieldOf({ metadata }: Stage, path: string): string | undefined {
  if (path === 'metadata.name') return metadata.name;
  if (path === 'metadata.namespace') return metadata.namespace;
  if (path === 'metadata.uid') return metadata.uid;
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
  if (map === undefined) return undefined;
  const values = map === 'labels' ? metadata.labels : metadata.annotations;
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;
}
