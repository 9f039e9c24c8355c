import { keyOf, type KubeObject } from '@kargo/api';

/** Has the controller of an object look at it now. */
export type Wake = (object: KubeObject) => Promise<void>;

/** An object that was to be woken, and why it could not be. */
export interface Woken {
  kind: string;
  namespace: string;
  name: string;
  failure?: string | undefined;
}

/** How many are woken at a time. */
const AT_ONCE = 8;

/** Wakes objects. One that cannot be woken does not keep the others from it; one that is gone needs no waking. */
export async function wakeAll(objects: readonly KubeObject[], wake: Wake): Promise<Woken[]> {
  const out: Woken[] = [];
  for (let first = 0; first < objects.length; first += AT_ONCE)
    out.push(...(await Promise.all(objects.slice(first, first + AT_ONCE).map((object) => wakeOne(object, wake)))));
  return out;
}

async function wakeOne(object: KubeObject, wake: Wake): Promise<Woken> {
  const { namespace = '', name } = keyOf(object);
  const target = { kind: object.kind ?? '', namespace, name };
  try {
    await wake(object);
    return target;
  } catch (error) {
    return { ...target, failure: error instanceof Error ? error.message : String(error) };
  }
}
