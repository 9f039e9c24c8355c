import type { Kind, KubeObject } from '@kargo/api';
import { isObject, type JsonObject } from '../object/json.ts';
import { compare, fieldsOf } from '../patch/field-paths.ts';
import { FieldSet } from '../patch/field-set.ts';
import type { Shape } from '../patch/shape.ts';

/** The manager as which kubectl applies on the server side. */
export const KUBECTL = 'kubectl';

/** Where kubectl keeps what it applied on the client side. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The fields that kubectl applied on the client side and that are still as it left them: applying them on the server side takes nothing
 * from anybody else.
 */
export function lastApplied(kind: Kind, live: KubeObject, shape: Shape): FieldSet {
  const text = live.metadata.annotations?.[ANNOTATION];
  if (text === undefined) return FieldSet.empty;
  let applied: unknown;
  try {
    applied = JSON.parse(text);
  } catch {
    // Anybody may write the annotation: what cannot be read allows nothing.
    return FieldSet.empty;
  }
  if (!isObject(applied) || applied['kind'] !== kind.kind) return FieldSet.empty;
  const { changed, removed } = compare(applied, live, shape);
  return fieldsOf(applied, shape).difference(changed).difference(removed);
}

/** The object with the annotation of client-side apply brought up to date where it has one, so that going back stays possible. */
export function withLastApplied(made: KubeObject, applied: KubeObject): KubeObject {
  const { annotations } = made.metadata;
  if (annotations?.[ANNOTATION] === undefined) return made;
  const { managedFields: _, annotations: own = {}, ...metadata } = applied.metadata;
  const { [ANNOTATION]: _text, ...others } = own;
  const content: JsonObject = { ...applied, metadata: { ...metadata, annotations: others } };
  return {
    ...made,
    metadata: { ...made.metadata, annotations: { ...annotations, [ANNOTATION]: `${JSON.stringify(content)}\n` } },
  };
}
