/** What was applied last, kept on the object itself as `kubectl apply` does: the only way to tell what was taken out of git since. */
import { Secret, type KubeObject } from '@kargo/api';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Fields = Record<string, unknown>;

/** The object with itself noted on it. Secrets are left as they are: what they hold must not be in annotations. */
export function withLastApplied<T extends KubeObject>(target: T): T {
  if (target.kind === Secret.kind) return target;
  const annotations = { ...target.metadata.annotations, [LAST_APPLIED]: JSON.stringify(target) };
  return { ...target, metadata: { ...target.metadata, annotations } };
}

/** The live object without the fields that were applied last and that `target` no longer has. The same object if there are none. */
export function withoutForgotten<T extends KubeObject>(live: T, target: KubeObject): T {
  const last = lastApplied(live);
  return last === undefined ? live : (prune(live as unknown as Fields, last, target as unknown as Fields) as unknown as T);
}

/** Whether the live object still has a field that was applied last and that `target` no longer has. */
export function hasForgotten(live: KubeObject, target: KubeObject): boolean {
  return withoutForgotten(live, target) !== live;
}

function lastApplied({ metadata }: KubeObject): Fields | undefined {
  const text = metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch (error) {
    // Anybody may have written there; without a readable note, live-only fields are left alone.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Lists are taken as a whole, so only maps can forget something. */
function prune(live: Fields, last: Fields, target: Fields): Fields {
  let out = live;
  for (const [key, was] of Object.entries(last)) {
    if (!Object.hasOwn(live, key)) continue;
    const is = live[key];
    const wanted = target[key];
    let kept: unknown = is;
    if (wanted === undefined || wanted === null) kept = undefined;
    else if (isMap(is) && isMap(was) && isMap(wanted)) kept = prune(is, was, wanted);
    if (kept === is) continue;
    if (out === live) out = { ...live };
    if (kept === undefined) delete out[key];
    else out[key] = kept;
  }
  return out;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
