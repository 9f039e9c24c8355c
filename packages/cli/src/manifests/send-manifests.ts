import type { ApiClient } from '../client/api-client.ts';
import type { ApiObject } from '../client/objects.ts';
import { failWithAll } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import type { OutputOptions } from '../output/format.ts';
import { qualifiedName } from '../output/names.ts';
import { printObject } from '../output/print-objects.ts';

/** What became of one object; exactly one field is present. */
interface Result {
  createdResourceManifest?: ApiObject;
  updatedResourceManifest?: ApiObject;
  deletedResourceManifest?: ApiObject;
  error?: string;
}

export interface SendManifests {
  method: 'POST' | 'PUT' | 'DELETE';
  query?: Readonly<Record<string, string>>;
  manifests: string;
  options: OutputOptions;
}

/** Sends a YAML stream, prints what became of each object, and fails with the messages of all that failed. */
export async function sendManifests(
  io: CLIIO,
  api: ApiClient,
  { method, query, manifests, options }: SendManifests,
): Promise<void> {
  const answer = await api.call<{ results?: Result[] } | undefined>(method, ['resources'], { query, text: manifests });
  const errors: string[] = [];
  for (const result of answer?.results ?? []) {
    if (result.error !== undefined) errors.push(result.error);
    await report(io, result.createdResourceManifest, 'created', options);
    await report(io, result.updatedResourceManifest, 'configured', options);
    await report(io, result.deletedResourceManifest, 'deleted', options);
  }
  failWithAll(errors);
}

async function report(io: CLIIO, object: ApiObject | undefined, verb: string, options: OutputOptions): Promise<void> {
  if (object === undefined) return;
  await printObject(io, object, options, () => `${qualifiedName(object)} ${verb}\n`);
}
