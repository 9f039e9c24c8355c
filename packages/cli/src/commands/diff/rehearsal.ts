import type { ApiClient } from '../../client/api-client.ts';
import type { ApiObject } from '../../client/objects.ts';
import { CLIError, failWithAll } from '../../cli-error.ts';
import type { OutputOptions } from '../../flags.ts';
import type { CLIIO } from '../../io.ts';
import { qualifiedName } from '../../output/names.ts';
import { printObjects, toYAML } from '../../output/print-objects.ts';

/** What would become of one object. */
interface Rehearsed {
  createdResourceManifest?: ApiObject;
  updatedResourceManifest?: ApiObject;
  currentResourceManifest?: ApiObject;
  changedSecretKeys?: readonly string[];
  error?: string;
}

/** An object before and after, without what only the server counts. */
interface ObjectDiff {
  object: ApiObject;
  change: 'created' | 'changed' | 'unchanged';
  /** Unified diff of the YAML, without file headers. */
  diff: string;
}

/** Has the server do everything but write. Fails with all that it refuses. */
export async function rehearse(api: ApiClient, manifests: string): Promise<readonly Rehearsed[]> {
  const query = { upsert: 'true', dryRun: 'true' };
  const answer = await api.call<{ results?: Rehearsed[] } | undefined>('PUT', ['resources'], { query, text: manifests });
  const results = answer?.results ?? [];
  failWithAll(results.flatMap(({ error }) => (error === undefined ? [] : [new CLIError('Diff', error)])));
  return results;
}

/** Shows how objects differ from what there is; whether any does. */
export async function showRehearsal(io: CLIIO, results: readonly Rehearsed[], options: OutputOptions): Promise<boolean> {
  const diffs: ObjectDiff[] = [];
  for (const result of results) diffs.push(await diffOf(result));
  const changed = diffs.filter(({ change }) => change !== 'unchanged');
  const shown = changed.map(({ object: { apiVersion, kind, metadata }, change, diff }) => ({
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace },
    change,
    diff,
  }));
  await printObjects(io, shown as unknown as ApiObject[], options, async () => changed.map(textOf).join(''));
  return changed.length > 0;
}

async function diffOf(result: Rehearsed): Promise<ObjectDiff> {
  const { unifiedDiff } = await import('@kargo/promotion');
  const { createdResourceManifest: created, updatedResourceManifest: updated, currentResourceManifest: current } = result;
  const after = created ?? updated;
  if (after === undefined)
    throw new CLIError('Response', 'the server says nothing of an object; it may be too old for `kargo diff`');
  if (updated !== undefined && current === undefined)
    throw new CLIError('Response', 'the server does not say what there is now; it is too old for `kargo diff`');
  const yaml = async (object: ApiObject | undefined, mark: string): Promise<string | undefined> =>
    object === undefined ? undefined : toYAML(marked(essence(object), result.changedSecretKeys ?? [], mark));
  const diff = unifiedDiff(await yaml(current, 'before'), await yaml(after, 'after'));
  return { object: after, change: created !== undefined ? 'created' : diff === '' ? 'unchanged' : 'changed', diff };
}

/** An object without what changes by itself, and without its status, which manifests do not change. */
function essence(object: ApiObject): Record<string, unknown> {
  const { status: _status, ...rest } = object;
  const {
    managedFields: _managed,
    resourceVersion: _version,
    generation: _generation,
    uid: _uid,
    creationTimestamp: _created,
    ...metadata
  } = rest.metadata;
  return { ...rest, metadata };
}

/** Values of Secrets do not leave the server; those that differ are marked. */
function marked(object: Record<string, unknown>, keys: readonly string[], mark: string): Record<string, unknown> {
  if (keys.length === 0) return object;
  const values = { ...(object['stringData'] as Record<string, unknown> | undefined) };
  for (const key of keys) if (Object.hasOwn(values, key)) values[key] = `*** (${mark})`;
  return { ...object, stringData: values };
}

function textOf({ object, change, diff }: ObjectDiff): string {
  const { namespace } = object.metadata;
  const name = `${qualifiedName(object)}${namespace === undefined ? '' : ` in ${namespace}`}`;
  return `--- ${change === 'created' ? '/dev/null' : `${name} (now)`}\n+++ ${name} (applied)\n${diff}`;
}
