import type { FieldError, KubeObject } from '@kargo/api';
import { labelSelectorFrom, ParseError, type LabelSelectorObject } from '@kargo/gocompat';
import { isObject, type JsonObject } from '../object/json.ts';

/** How long a webhook is waited for that says nothing about it, in seconds. */
export const DEFAULT_TIMEOUT = 10;
const MAX_TIMEOUT = 30;

/** Fills in what a configuration leaves to the server, as Kubernetes does. `mutating` ones may be asked again. */
export function defaultWebhooks(configuration: JsonObject, mutating: boolean): void {
  const { webhooks } = configuration;
  for (const webhook of Array.isArray(webhooks) ? webhooks.filter(isObject) : []) {
    webhook['failurePolicy'] ??= 'Fail';
    webhook['matchPolicy'] ??= 'Equivalent';
    webhook['namespaceSelector'] ??= {};
    webhook['objectSelector'] ??= {};
    webhook['timeoutSeconds'] ??= DEFAULT_TIMEOUT;
    if (mutating) webhook['reinvocationPolicy'] ??= 'Never';
    const { clientConfig, rules } = webhook;
    const service = isObject(clientConfig) ? clientConfig['service'] : undefined;
    if (isObject(service)) service['port'] ??= 443;
    for (const rule of Array.isArray(rules) ? rules.filter(isObject) : []) rule['scope'] ??= '*';
  }
}

/** Problems of a configuration: what is not well formed, and what the embedded API cannot honour. */
export function configurationErrors(configuration: KubeObject): FieldError[] {
  const { webhooks } = configuration as KubeObject & { webhooks?: unknown };
  if (webhooks === undefined) return [];
  if (!Array.isArray(webhooks)) return [{ field: 'webhooks', type: 'FieldValueTypeInvalid', detail: 'must be a list' }];
  const seen = new Set<unknown>();
  return webhooks.flatMap((webhook: unknown, index): FieldError[] => {
    const path = `webhooks[${index}]`;
    if (!isObject(webhook)) return [{ field: path, type: 'FieldValueTypeInvalid', detail: 'must be an object' }];
    const duplicate = seen.has(webhook['name']);
    seen.add(webhook['name']);
    return [
      ...(duplicate ? [{ field: `${path}.name`, type: 'FieldValueDuplicate', value: webhook['name'], detail: '' } as const] : []),
      ...webhookErrors(webhook, path),
    ];
  });
}

function webhookErrors(webhook: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const one = (field: string, allowed: readonly unknown[]): void => {
    const value = webhook[field];
    if (value === undefined) errors.push({ field: `${path}.${field}`, type: 'FieldValueRequired', detail: '' });
    else if (!allowed.includes(value))
      errors.push({
        field: `${path}.${field}`,
        type: 'FieldValueNotSupported',
        value,
        detail: `supported values: ${allowed.map((item) => JSON.stringify(item)).join(', ')}`,
      });
  };
  const { name, timeoutSeconds, admissionReviewVersions, matchConditions } = webhook;
  if (typeof name !== 'string' || name.split('.').length < 3)
    errors.push({
      field: `${path}.name`,
      type: 'FieldValueInvalid',
      value: name,
      detail: 'should be a domain with at least three segments separated by dots',
    });
  one('sideEffects', ['None', 'NoneOnDryRun']);
  one('failurePolicy', ['Fail', 'Ignore']);
  one('matchPolicy', ['Equivalent', 'Exact']);
  if (webhook['reinvocationPolicy'] !== undefined) one('reinvocationPolicy', ['Never', 'IfNeeded']);
  if (!Number.isInteger(timeoutSeconds) || Number(timeoutSeconds) < 1 || Number(timeoutSeconds) > MAX_TIMEOUT)
    errors.push({
      field: `${path}.timeoutSeconds`,
      type: 'FieldValueInvalid',
      value: timeoutSeconds,
      detail: `the timeout value must be between 1 and ${MAX_TIMEOUT} seconds`,
    });
  if (!Array.isArray(admissionReviewVersions) || !admissionReviewVersions.includes('v1'))
    errors.push({
      field: `${path}.admissionReviewVersions`,
      type: 'FieldValueInvalid',
      value: admissionReviewVersions,
      detail: 'must include at least one of v1',
    });
  if (Array.isArray(matchConditions) && matchConditions.length > 0)
    errors.push({
      field: `${path}.matchConditions`,
      type: 'FieldValueForbidden',
      detail: 'the embedded API does not evaluate match conditions; use rules and selectors',
    });
  errors.push(...clientErrors(webhook['clientConfig'], `${path}.clientConfig`), ...ruleErrors(webhook['rules'], `${path}.rules`));
  for (const field of ['namespaceSelector', 'objectSelector'] as const)
    errors.push(...selectorErrors(webhook[field], `${path}.${field}`));
  return errors;
}

function clientErrors(config: unknown, path: string): FieldError[] {
  if (!isObject(config)) return [{ field: path, type: 'FieldValueRequired', detail: '' }];
  const { url, service } = config;
  const errors: FieldError[] = [];
  if ((url === undefined) === (service === undefined))
    errors.push({ field: path, type: 'FieldValueRequired', detail: 'exactly one of url or service is required' });
  if (url !== undefined && (typeof url !== 'string' || !URL.canParse(url) || !isPlainHTTPS(new URL(url))))
    errors.push({
      field: `${path}.url`,
      type: 'FieldValueInvalid',
      value: url,
      detail: `must be an https URL without user, query and fragment`,
    });
  return errors;
}

function isPlainHTTPS({ protocol, username, search, hash }: URL): boolean {
  return protocol === 'https:' && username === '' && search === '' && hash === '';
}

const RULE_LISTS = ['operations', 'apiGroups', 'apiVersions', 'resources'] as const;

function ruleErrors(rules: unknown, path: string): FieldError[] {
  if (rules === undefined) return [];
  if (!Array.isArray(rules)) return [{ field: path, type: 'FieldValueTypeInvalid', detail: 'must be a list' }];
  return rules.flatMap((rule: unknown, index) =>
    RULE_LISTS.flatMap((field): FieldError[] => {
      const list = isObject(rule) ? rule[field] : undefined;
      const isList = Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string');
      return isList ? [] : [{ field: `${path}[${index}].${field}`, type: 'FieldValueRequired', detail: '' }];
    }),
  );
}

function selectorErrors(selector: unknown, path: string): FieldError[] {
  try {
    labelSelectorFrom((selector ?? {}) as LabelSelectorObject);
    return [];
  } catch (error) {
    if (!(error instanceof ParseError) && !(error instanceof TypeError)) throw error;
    return [{ field: path, type: 'FieldValueInvalid', detail: error.message }];
  }
}
