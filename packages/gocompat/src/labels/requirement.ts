import { ParseError } from '../parse-error.ts';

export type RequirementOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

/** One condition on one label. `values` is empty for `Exists` and `DoesNotExist`, one integer for `Gt` and `Lt`. */
export interface Requirement {
  readonly key: string;
  readonly operator: RequirementOperator;
  readonly values: readonly string[];
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const INTEGER = /^[+-]?[0-9]+$/;

/** A problem of a label key (`prefix/name`, prefix a DNS subdomain), or undefined. */
export function labelKeyProblem(key: string): string | undefined {
  const slash = key.indexOf('/');
  const name = slash === -1 ? key : key.slice(slash + 1);
  if (name === '') return 'the name part must not be empty';
  if (name.length > 63) return 'the name part must be no more than 63 characters';
  if (!NAME.test(name))
    return "the name part must consist of alphanumeric characters, '-', '_' or '.', and start and end with an alphanumeric character";
  if (slash === -1) return undefined;
  const prefix = key.slice(0, slash);
  if (prefix === '') return 'the prefix part must not be empty';
  if (prefix.length > 253) return 'the prefix part must be no more than 253 characters';
  if (!prefix.split('.').every((label) => DNS_LABEL.test(label))) return 'the prefix part must be a lower-case DNS name';
  return undefined;
}

/** A problem of a label value, or undefined. The empty value is fine. */
export function labelValueProblem(value: string): string | undefined {
  if (value.length > 63) return 'must be no more than 63 characters';
  if (value !== '' && !NAME.test(value))
    return "must be empty or consist of alphanumeric characters, '-', '_' or '.', and start and end with an alphanumeric character";
  return undefined;
}

/** Refuses, with {@link ParseError}, what Kubernetes refuses: bad keys and values, and value counts that do not fit the operator. */
export function checkRequirement(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const keyProblem = labelKeyProblem(key);
  if (keyProblem !== undefined) throw new ParseError('InvalidLabelSelector', `label key ${JSON.stringify(key)}: ${keyProblem}`);
  const fail = (why: string): never => {
    throw new ParseError('InvalidLabelSelector', `label ${JSON.stringify(key)}: ${why}`);
  };
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) fail(`operator ${operator} needs at least one value`);
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) fail(`operator ${operator} takes no values`);
  if ((operator === 'Gt' || operator === 'Lt') && (values.length !== 1 || !INTEGER.test(values[0] ?? '')))
    fail(`operator ${operator} needs exactly one integer`);
  for (const value of values) {
    const problem = labelValueProblem(value);
    if (problem !== undefined) fail(`value ${JSON.stringify(value)} ${problem}`);
  }
  return requirement;
}

/** Whether labels satisfy one requirement. An absent label satisfies `NotIn` and `DoesNotExist`. */
export function satisfies({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const found = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'Exists':
      return found !== undefined;
    case 'DoesNotExist':
      return found === undefined;
    case 'In':
      return found !== undefined && values.includes(found);
    case 'NotIn':
      return found === undefined || !values.includes(found);
    case 'Gt':
    case 'Lt': {
      if (found === undefined || !INTEGER.test(found)) return false;
      const [a, b] = [BigInt(found), BigInt(values[0] ?? '0')];
      return operator === 'Gt' ? a > b : a < b;
    }
  }
}

/** The requirement in the grammar of label selectors. */
export function requirementText({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`;
    case 'Gt':
      return `${key}>${values[0]}`;
    case 'Lt':
      return `${key}<${values[0]}`;
  }
}
