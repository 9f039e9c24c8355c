import { ApiError, type Kind, type KubeObject } from '@kargo/api';
import { isObject } from '../object/json.ts';

interface Requirement {
  path: string;
  value: string;
  negated: boolean;
}

const EVENT_FIELDS = [
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => `involvedObject.${field}`),
  'reason',
  'reportingComponent',
  'type',
];

/** Fields that may be selected besides name and namespace, by resource. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  events: EVENT_FIELDS,
  namespaces: ['status.phase'],
  pods: ['status.phase', 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.podIP'],
  secrets: ['type'],
  jobs: ['status.successful'],
};

function fieldsOf(kind: Kind): readonly string[] {
  return kind.selectableFields ?? FIELDS[kind.plural] ?? [];
}

/** Parses a field selector such as `metadata.name=a,status.phase!=Active`. Fails with `BadRequest`, as Kubernetes does, for fields a kind does not offer. */
export function parseFieldSelector(kind: Kind, text: string): (object: KubeObject) => boolean {
  const requirements = split(text, ',')
    .filter((part) => part !== '')
    .map((part) => parseRequirement(part, text));
  for (const { path } of requirements)
    if (path !== 'metadata.name' && path !== 'metadata.namespace' && !fieldsOf(kind).includes(path))
      throw new ApiError('BadRequest', `field label not supported: ${path}`);
  return (object) => requirements.every(({ path, value, negated }) => (fieldText(object, path) === value) !== negated);
}

function parseRequirement(part: string, text: string): Requirement {
  const match = /^((?:[^\\=!]|\\.)*?)(==|!=|=)(.*)$/s.exec(part);
  const [, path, operator, value] = match ?? [];
  if (path === undefined || path === '' || value === undefined)
    throw new ApiError('BadRequest', `invalid field selector ${JSON.stringify(text)}: cannot read ${JSON.stringify(part)}`);
  return { path, value: value.replaceAll(/\\([\\,=])/g, '$1'), negated: operator === '!=' };
}

/** Splits at unescaped separators. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let index = 0; index < text.length; index++) {
    const char = text[index] ?? '';
    if (char === '\\') part += char + (text[++index] ?? '');
    else if (char === separator) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part];
}

function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) value = isObject(value) ? value[key] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
