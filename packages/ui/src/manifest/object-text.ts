import { stringify } from 'yaml';

/** What only the system writes: shown nowhere that can be edited. */
const SYSTEM_FIELDS: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
]);

interface AnyObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: { name?: string | undefined; resourceVersion?: string | undefined };
}

/** An object as somebody would write it: without what the system adds. */
export function editableText(object: AnyObject): string {
  const { apiVersion, kind, metadata, status: _status, ...rest } = object as AnyObject & { status?: unknown };
  return text({
    apiVersion,
    kind,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !SYSTEM_FIELDS.has(key))),
    ...rest,
  });
}

/** An object as it is, without what nobody reads. */
export function liveText(object: AnyObject): string {
  const { apiVersion, kind, metadata, ...rest } = object;
  return text({
    apiVersion,
    kind,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'managedFields')),
    ...rest,
  });
}

function text(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
