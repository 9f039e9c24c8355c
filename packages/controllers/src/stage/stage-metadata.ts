import { FINALIZER, isReason, Stage } from '@kargo/api';
import { clone, commitObject, type Client } from '@kargo/kube';
import { cleanUp } from './cleanup.ts';
import type { StageStore } from './stage-store.ts';

/** The Stage with Kargo's finalizer, which is added if it is missing. Fails with `Conflict` when somebody else wrote the Stage. */
export async function ensureFinalizer({ client }: { client: Pick<Client, 'patch'> }, stage: Stage): Promise<Stage> {
  if (stage.metadata.finalizers?.includes(FINALIZER) === true) return stage;
  const after = clone(stage);
  after.metadata.finalizers = [...(stage.metadata.finalizers ?? []), FINALIZER];
  return commitObject(client, Stage, stage, after);
}

/** Cleans up after a Stage that is being deleted and lets it go. The finalizer stays while anything could not be cleaned up. */
export async function finalize(
  { client, analysisAvailable }: { client: Pick<Client, 'patch'>; analysisAvailable: boolean },
  store: StageStore,
  stage: Stage,
): Promise<void> {
  if (stage.metadata.finalizers?.includes(FINALIZER) !== true) return;
  const { name = '', namespace = '' } = stage.metadata;
  const deleteRuns = analysisAvailable ? store.deleteRuns : async (): Promise<void> => undefined;
  await cleanUp({ allFreight: store.allFreight, updateFreight: store.updateFreight, deleteRuns }, namespace, name);
  const after = clone(stage);
  after.metadata.finalizers = stage.metadata.finalizers.filter((finalizer) => finalizer !== FINALIZER);
  try {
    await commitObject(client, Stage, stage, after);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}

/** Gives an annotation of the Stage that value, or removes it; writes nothing if it is so already. */
export async function setAnnotation(
  client: Pick<Client, 'patch'>,
  stage: Stage,
  name: string,
  value: string | undefined,
): Promise<void> {
  if (stage.metadata.annotations?.[name] === value) return;
  const { [name]: _, ...others } = stage.metadata.annotations ?? {};
  const annotations = value === undefined ? others : { ...others, [name]: value };
  await commitObject(client, Stage, stage, { ...stage, metadata: { ...stage.metadata, annotations } });
}
