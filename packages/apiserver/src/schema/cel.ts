import type { FieldError, JsonSchema, ValidationRule } from '@kargo/api';
import { Environment } from '@marcbachmann/cel-js';
import { isObject, own } from '../object/json.ts';
import { fieldPath } from './paths.ts';

type Program = (variables: Record<string, unknown>) => unknown;

interface CompiledRule {
  rule: ValidationRule;
  evaluate: Program;
  message: Program | undefined;
  /** Rules that name `oldSelf` run only where there is an old value. */
  comparesOld: boolean;
}

/** Evaluates the CEL rules of schemas; rules are compiled once per schema node. */
export function celRules(): (value: unknown, old: unknown, schema: JsonSchema, path: string) => readonly FieldError[] {
  const environment = newEnvironment();
  const compiled = new WeakMap<object, readonly CompiledRule[]>();
  return (value, old, schema, path) => {
    const rules = schema['x-kubernetes-validations'] ?? [];
    let programs = compiled.get(rules);
    if (programs === undefined) {
      programs = rules.map((rule) => compile(environment, rule));
      compiled.set(rules, programs);
    }
    const self = celValue(value, schema);
    const oldSelf = old === undefined ? undefined : celValue(old, schema);
    return programs.flatMap((program) => check(program, self, oldSelf, schema, path));
  };
}

/** Fails, saying why, for a rule that cannot be compiled. */
export function compilesRule(rule: string): void {
  newEnvironment().parse(rule);
}

/** Rules are bounded in size; how much they compute is not. */
function newEnvironment(): Environment {
  return new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 2000, maxDepth: 50 },
  });
}

function compile(environment: Environment, rule: ValidationRule): CompiledRule {
  return {
    rule,
    evaluate: environment.parse(rule.rule),
    message: rule.messageExpression === undefined ? undefined : environment.parse(rule.messageExpression),
    comparesOld: /\boldSelf\b/.test(rule.rule),
  };
}

function check(
  { rule, evaluate, message, comparesOld }: CompiledRule,
  self: unknown,
  oldSelf: unknown,
  schema: JsonSchema,
  path: string,
): FieldError[] {
  if (comparesOld && oldSelf === undefined) return [];
  const variables = { self, oldSelf };
  let detail: string;
  try {
    if (evaluate(variables) === true) return [];
    const computed = message?.(variables);
    detail = typeof computed === 'string' && computed !== '' ? computed : (rule.message ?? `failed rule: ${rule.rule.trim()}`);
  } catch (error) {
    detail = `rule evaluation error: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}: ${rule.rule.trim()}`;
  }
  const inner = (rule.fieldPath ?? '').replace(/^\./, '');
  const field = inner === '' ? path : fieldPath(path, inner);
  const type =
    rule.reason === 'FieldValueForbidden' || rule.reason === 'FieldValueRequired' || rule.reason === 'FieldValueDuplicate'
      ? rule.reason
      : 'FieldValueInvalid';
  return [{ field, type, value: shownValue(self, schema), detail }];
}

/** Kubernetes shows what a rule of an object or list is about by its type only. */
function shownValue(self: unknown, schema: JsonSchema): unknown {
  if (typeof self === 'bigint') return Number(self);
  return typeof self === 'object' && self !== null ? (schema.type ?? 'object') : self;
}

/** A value as CEL sees it: whole numbers are `int`, unknown fields do not exist. */
function celValue(value: unknown, schema: JsonSchema): unknown {
  if (typeof value === 'number')
    return (schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true) && Number.isSafeInteger(value)
      ? BigInt(value)
      : value;
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema.items ?? {}));
  if (!isObject(value)) return value;
  const fields = Object.entries(value).map(([key, item]) => {
    const property =
      own(schema.properties, key) ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {});
    return [key, celValue(item, property)] as const;
  });
  return Object.fromEntries(fields);
}
