import type { FieldError, JsonSchema, ValidationRule } from '@kargo/api';
import type { Environment } from '@marcbachmann/cel-js';
import { isObject, own } from '../object/json.ts';
import { charge, CostExceededError, RULE_COST, type CostBudget } from './cel-cost.ts';
import { celEnvironment, useRE2 } from './cel-environment.ts';
import { fieldPath } from './paths.ts';

type Program = (variables: Record<string, unknown>, budget: CostBudget) => unknown;

interface CompiledRule {
  rule: ValidationRule;
  evaluate: Program;
  message: Program | undefined;
  /** Rules that name `oldSelf` run only where there is an old value. */
  comparesOld: boolean;
}

/** Evaluates the CEL rules of a schema node. What they cost is taken from a budget; without any left they are not run. */
export type RuleCheck = (
  value: unknown,
  old: unknown,
  schema: JsonSchema,
  path: string,
  budget: CostBudget,
) => readonly FieldError[];

/** Evaluates the CEL rules of schemas; rules are compiled once per schema node. */
export function celRules(): RuleCheck {
  const environment = celEnvironment();
  const compiled = new WeakMap<object, readonly CompiledRule[]>();
  const optional = optionals(environment);
  return (value, old, schema, path, budget) => {
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (budget.left <= 0) return [];
    let programs = compiled.get(rules);
    if (programs === undefined) {
      programs = rules.map((rule) => compile(environment, rule));
      compiled.set(rules, programs);
    }
    const self = celValue(value, schema);
    const oldSelf = old === undefined ? undefined : celValue(old, schema);
    return programs.flatMap((compiledRule) => {
      const before = compiledRule.rule.optionalOldSelf === true ? optional(oldSelf) : oldSelf;
      return check(compiledRule, { self, oldSelf: before, budget }, schema, path);
    });
  };
}

/** Whether rules in or below a schema name the old value; found out once for each schema. */
export function rulesCompareOld(): (schema: JsonSchema) => boolean {
  const known = new WeakMap<JsonSchema, boolean>();
  const ask = (schema: JsonSchema): boolean => {
    let answer = known.get(schema);
    if (answer === undefined) {
      const { properties = {}, items, additionalProperties } = schema;
      const inner = [...Object.values(properties), ...(items === undefined ? [] : [items])];
      if (typeof additionalProperties === 'object') inner.push(additionalProperties);
      answer = (schema['x-kubernetes-validations'] ?? []).some(({ rule }) => NAMES_OLD.test(rule)) || inner.some(ask);
      known.set(schema, answer);
    }
    return answer;
  };
  return ask;
}

const NAMES_OLD = /\boldSelf\b/;

/** Makes values of the optional type of CEL; undefined makes an empty one. */
function optionals(environment: Environment): (value: unknown) => unknown {
  const some = environment.parse('optional.of(value)');
  const none = environment.parse('optional.none()');
  return (value) => (value === undefined ? none({}) : some({ value }));
}

/** Makes what fails, saying why, for a rule that cannot be compiled. */
export function ruleCompiler(): (rule: string) => void {
  const environment = celEnvironment();
  return (rule) => void environment.parse(rule);
}

function compile(environment: Environment, rule: ValidationRule): CompiledRule {
  return {
    rule,
    evaluate: program(environment, rule.rule),
    message: rule.messageExpression === undefined ? undefined : program(environment, rule.messageExpression),
    comparesOld: NAMES_OLD.test(rule.rule) && rule.optionalOldSelf !== true,
  };
}

function program(environment: Environment, text: string): Program {
  const parsed = environment.parse(text);
  let account: CostBudget = { left: 0 };
  useRE2(parsed.ast);
  charge(parsed.ast, () => account);
  return (variables, budget) => {
    const limit = Math.min(RULE_COST, budget.left);
    account = { left: limit };
    try {
      return parsed(variables);
    } finally {
      budget.left -= limit - account.left;
    }
  };
}

function check(
  { rule, evaluate, message, comparesOld }: CompiledRule,
  { self, oldSelf, budget }: { self: unknown; oldSelf: unknown; budget: CostBudget },
  schema: JsonSchema,
  path: string,
): FieldError[] {
  if ((comparesOld && oldSelf === undefined) || budget.left <= 0) return [];
  const variables = { self, oldSelf };
  let detail: string;
  try {
    if (evaluate(variables, budget) === true) return [];
    const computed = message?.(variables, budget);
    detail = typeof computed === 'string' && computed !== '' ? computed : (rule.message ?? `failed rule: ${rule.rule.trim()}`);
  } catch (error) {
    detail =
      error instanceof CostExceededError
        ? budget.left <= 0
          ? 'validation failed due to running out of cost budget, no further validation rules will be run'
          : `call cost exceeds limit for rule: ${rule.rule.trim()}`
        : `rule evaluation error: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}: ${rule.rule.trim()}`;
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
