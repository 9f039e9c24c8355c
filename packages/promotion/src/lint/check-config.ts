import type { Json, PromotionStep } from '@kargo/api';
import { check, hasTemplate, references } from '@kargo/expr';
import { isDefinite, valueAt } from '../config/literal.ts';
import type { ConfigValidator } from '../config/validate.ts';
import type { StepRegistry } from '../engine/plan.ts';
import type { ConfigSchema, Step } from '../step.ts';
import { checkExpressions, expressionFinding, outputSchema, type ExpressionScope, type Found } from './check-expressions.ts';
import { fieldAt, fits, typeOfTemplate } from './expression-types.ts';
import type { StepFinding } from './finding.ts';
import { unknownName } from './suggestion.ts';

type Path = readonly (string | number)[];

/** What a configuration says that its schema can never take, whatever its expressions come to. Paths begin within the configuration. */
export function schemaFindings(
  { uses = '', config }: PromotionStep,
  registry: StepRegistry,
  validator: ConfigValidator,
): StepFinding[] {
  const step = registry.get(uses);
  if (step === undefined) return [];
  const value = (config ?? {}) as Json;
  return validator
    .violations(step.configSchema, value)
    .filter((violation) => isDefinite(violation, value))
    .map((violation): StepFinding => {
      const { key, allowed = [], keyword, reason } = violation;
      const at = pathIn(value, violation.path);
      const base = { code: 'invalid-config', severity: 'error', certain: true } as const;
      if (keyword === 'required')
        return { ...base, path: [...at, key ?? ''], missing: true, message: `${uses} needs ${key ?? 'it'}` };
      if (key !== undefined) {
        const found = valueAt(value, [...violation.path, key]);
        const names = allowed.length === 0 ? {} : { suggestion: `allowed are ${allowed.join(', ')}` };
        const message = `${uses} knows no "${key}" here`;
        return {
          ...base,
          path: [...at, key],
          atKey: true,
          message,
          value: found,
          ...names,
          ...unknownName(key, allowed),
        };
      }
      const found = valueAt(value, violation.path);
      return { ...base, path: at, message: `${uses}: ${reason}${hint(keyword, reason, found)}`, value: found };
    });
}

function hint(keyword: string, reason: string, value: Json | undefined): string {
  const quoted =
    keyword === 'type' && reason.includes('Expected: string') && (typeof value === 'number' || typeof value === 'boolean');
  return quoted ? '; put it in quotes' : '';
}

/** Problems of the expressions in a configuration; `step` tells what its fields hold. Paths begin within the configuration. */
export function expressionFindings(
  config: Json | undefined,
  step: Pick<Step<never>, 'configSchema' | 'bareVariables'> | undefined,
  scope: ExpressionScope,
): StepFinding[] {
  return textsOf(config, []).flatMap(([path, text]) => {
    const key = path.findLast((part) => typeof part === 'string') ?? '';
    // Fields of this name hold bare expressions.
    const found =
      String(key).endsWith('Expression') && !hasTemplate(text)
        ? bareProblems(text, String(key), step?.bareVariables)
        : templateProblems(text, path, step?.configSchema, scope);
    return found.map((one) => ({ ...one, path }));
  });
}

function templateProblems(text: string, path: Path, schema: ConfigSchema | undefined, scope: ExpressionScope): Found[] {
  const found = checkExpressions(text, scope);
  const field = schema === undefined ? undefined : fieldAt(schema, path);
  if (found.length > 0 || field === undefined || !hasTemplate(text)) return found;
  const own = typeOfTemplate(text, { functions: scope.functions }, () => undefined);
  const type = own ?? typeOfTemplate(text, { functions: scope.functions }, (names) => outputSchema(names, scope));
  if (type === undefined || fits(type, field)) return [];
  const message = `this is ${article(type)}, where ${article(field.type ?? 'value')} is wanted`;
  return [{ code: 'wrong-type', severity: 'error', certain: own !== undefined, message, value: text }];
}

function bareProblems(text: string, key: string, variables: Step['bareVariables']): Found[] {
  if (text.trim() === '') return [];
  // What explains a failure is only read when there is one.
  const severity = key === 'errorExpression' ? 'warning' : 'error';
  const errors = check(text, { now: () => 0 }).map((error): Found => ({
    ...expressionFinding(error, { text, known: [], certain: severity === 'error' }),
    severity,
  }));
  return errors.length > 0 || variables === undefined ? errors : unknownNames(text, variables, severity);
}

/** What a bare expression asks for that nobody gives it: that is nil, and seldom meant. */
function unknownNames(
  text: string,
  variables: Readonly<Record<string, readonly string[]>>,
  severity: Found['severity'],
): Found[] {
  return references(text).flatMap(({ path: [root = '', member], offset }) => {
    if (root === '$env') return [];
    const members = Object.hasOwn(variables, root) ? variables[root] : undefined;
    const [name, known, message] =
      members === undefined
        ? [root, Object.keys(variables), `there is no variable "${root}" here`]
        : [member, members, `${root} has no "${member ?? ''}"`];
    if (name === undefined || known.includes(name)) return [];
    return [
      {
        code: 'unknown-variable',
        severity,
        certain: false,
        value: text,
        offset,
        message,
        ...unknownName(name, known),
      },
    ];
  });
}

function article(type: string): string {
  return type === 'null' ? 'null' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type === 'string' ? 'text' : type}`;
}

/** Every text in a value, with the way to it. */
function textsOf(value: Json | undefined, path: Path): [Path, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, key]));
}

/** The same path with indexes as numbers. */
function pathIn(value: Json, path: readonly string[]): (string | number)[] {
  return path.map((part, index) => (Array.isArray(valueAt(value, path.slice(0, index))) ? Number(part) : part));
}
