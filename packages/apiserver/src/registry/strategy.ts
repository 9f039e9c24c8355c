import {
  CustomResourceDefinition,
  MutatingWebhookConfiguration,
  Namespace,
  resourceName,
  Secret,
  ValidatingWebhookConfiguration,
  type FieldError,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { equal } from '@kargo/kube';
import { bindingErrors, defaultBinding, RBAC_RESOURCES, roleErrors } from '../auth/rbac-objects.ts';
import { isObject, type JsonObject } from '../object/json.ts';
import { definitionErrors } from '../crds/custom-kind.ts';
import { establish } from '../crds/establish.ts';
import { configurationErrors, defaultWebhooks } from '../webhooks/configuration.ts';
import { CONTENT_FINALIZER } from './namespaces.ts';

/** What is special about a kind: called with private copies. */
export interface Strategy {
  prepareCreate?(object: JsonObject): void;
  prepareUpdate?(object: JsonObject, old: KubeObject): void;
  validate?(object: KubeObject, old: KubeObject | undefined): FieldError[];
}

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  [resourceName(Secret)]: {
    prepareCreate: (object) => {
      foldStringData(object);
      object['type'] ??= 'Opaque';
    },
    prepareUpdate: (object, old) => {
      foldStringData(object);
      object['type'] ??= (old as Secret).type;
    },
    validate: (object, old) => [
      ...dataErrors(object),
      ...secretErrors(object as Secret, old as Secret | undefined),
      ...immutableErrors(object, old),
    ],
  },
  [RBAC_RESOURCES.role]: { validate: roleErrors },
  [RBAC_RESOURCES.clusterRole]: { validate: roleErrors },
  [RBAC_RESOURCES.roleBinding]: { prepareCreate: defaultBinding, prepareUpdate: defaultBinding, validate: bindingErrors },
  [RBAC_RESOURCES.clusterRoleBinding]: { prepareCreate: defaultBinding, prepareUpdate: defaultBinding, validate: bindingErrors },
  configmaps: { validate: (object, old) => [...dataErrors(object), ...immutableErrors(object, old)] },
  [resourceName(CustomResourceDefinition)]: { prepareCreate: establish, prepareUpdate: establish, validate: definitionErrors },
  [resourceName(MutatingWebhookConfiguration)]: webhookStrategy(true),
  [resourceName(ValidatingWebhookConfiguration)]: webhookStrategy(false),
  [resourceName(Namespace)]: {
    prepareCreate: (object) => {
      object['spec'] = { finalizers: [CONTENT_FINALIZER] };
      object['status'] = { phase: 'Active' };
      labelWithName(object);
    },
    prepareUpdate: (object, old) => {
      object['spec'] = (old as Namespace).spec;
      labelWithName(object);
    },
  },
};

function webhookStrategy(mutating: boolean): Strategy {
  const prepare = (object: JsonObject): void => {
    defaultWebhooks(object, mutating);
  };
  return { prepareCreate: prepare, prepareUpdate: prepare, validate: configurationErrors };
}

export function strategyOf(kind: Kind): Strategy {
  return STRATEGIES[resourceName(kind)] ?? {};
}

/** Whether the server counts generations of a kind: all with a schema, and workloads; not data, identities and namespaces. */
export function countsGenerations(kind: Kind): boolean {
  return kind.schema !== undefined || (kind.statusSubresource && resourceName(kind) !== resourceName(Namespace));
}

/** Namespaces carry their name as a label, so that selectors can name them. */
function labelWithName(object: JsonObject): void {
  const { metadata } = object as unknown as KubeObject;
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name ?? '' };
}

function foldStringData(object: JsonObject): void {
  const text = object['stringData'];
  if (isObject(text)) {
    const folded = Object.entries(text).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')] as const);
    object['data'] = { ...(isObject(object['data']) ? object['data'] : {}), ...Object.fromEntries(folded) };
  }
  delete object['stringData'];
}

/** Data are maps of text: these kinds have no schema that would say so. */
function dataErrors(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const field of ['data', 'binaryData'] as const) {
    const data = (object as KubeObject & JsonObject)[field];
    if (data === undefined || data === null) continue;
    if (!isObject(data)) errors.push({ field, type: 'FieldValueTypeInvalid', detail: 'must be a map of strings' });
    else
      for (const [key, value] of Object.entries(data)) {
        size += key.length + (typeof value === 'string' ? value.length : 0);
        if (typeof value !== 'string')
          errors.push({ field: `${field}[${key}]`, type: 'FieldValueTypeInvalid', detail: 'must be a string' });
        if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key))
          errors.push({
            field: `${field}[${key}]`,
            type: 'FieldValueInvalid',
            value: key,
            detail: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
          });
      }
  }
  if (size > MAX_DATA) errors.push({ field: '', type: 'FieldValueTooLong', detail: `may not be more than ${MAX_DATA} bytes` });
  return errors;
}

/** As much as ConfigMaps and Secrets hold, in bytes. */
const MAX_DATA = 1024 * 1024;

function secretErrors(secret: Secret, old: Secret | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(secret.data ?? {}))
    if (
      typeof value === 'string' &&
      !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replaceAll(/[\r\n]/g, ''))
    )
      errors.push({
        field: `data[${key}]`,
        type: 'FieldValueInvalid',
        detail: 'must be base64 (put plain text into stringData)',
      });
  if (old !== undefined && secret.type !== old.type)
    errors.push({ field: 'type', type: 'FieldValueInvalid', value: secret.type, detail: 'field is immutable' });
  return errors;
}

function immutableErrors(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const before = old as (KubeObject & { immutable?: boolean; data?: unknown; binaryData?: unknown }) | undefined;
  if (before?.immutable !== true) return [];
  const now = object as typeof before;
  const errors: FieldError[] = [];
  if (now.immutable !== true)
    errors.push({ field: 'immutable', type: 'FieldValueForbidden', detail: 'field is immutable when `immutable` is set' });
  for (const field of ['data', 'binaryData'] as const)
    if (!equal(now[field], before[field]))
      errors.push({ field, type: 'FieldValueForbidden', detail: 'field is immutable when `immutable` is set' });
  return errors;
}
