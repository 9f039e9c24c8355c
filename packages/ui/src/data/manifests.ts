/** Writing objects as manifests. */
import { ApiFailure, type Api, type ManifestResult } from './api.ts';

interface WriteOptions {
  /** Everything is checked and nothing is written. */
  rehearse?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Creates the objects of a YAML text. Fails with every problem the server found. */
export function createManifests(api: Api, yaml: string, { rehearse = false, signal }: WriteOptions = {}): Promise<void> {
  return write(api, 'POST', rehearse ? 'resources?dryRun=true' : 'resources', yaml, signal);
}

/** Replaces an object. Fails with 409 if it is not of the version that the text names any more. */
export function replaceManifest(api: Api, yaml: string, { rehearse = false, signal }: WriteOptions = {}): Promise<void> {
  return write(api, 'PUT', `resources?${rehearse ? 'dryRun=true' : 'sameVersion=true'}`, yaml, signal);
}

/** Creates an object, or replaces it if there is one. */
export function upsertManifest(api: Api, yaml: string, { rehearse = false, signal }: WriteOptions = {}): Promise<void> {
  return write(api, 'PUT', `resources?upsert=true${rehearse ? '&dryRun=true' : ''}`, yaml, signal);
}

export function deleteManifest(api: Api, yaml: string): Promise<void> {
  return write(api, 'DELETE', 'resources', yaml, undefined);
}

async function write(api: Api, method: string, route: string, body: string, signal: AbortSignal | undefined): Promise<void> {
  const { results } = await api.call<{ results: ManifestResult[] }>(method, route, {
    body,
    contentType: 'text/plain',
    ...(signal === undefined ? {} : { signal }),
  });
  const errors = results.flatMap(({ error }) => error ?? []);
  if (errors.length > 0) throw new ApiFailure(422, errors.join('\n'));
}

/** Something that a server finds odd about a manifest. */
export interface Finding {
  /** Which of the objects of the text. */
  index: number;
  /** Where in it, as `spec.steps[0].config`. */
  field: string;
  message: string;
  suggestion?: string;
}

/** What is odd about the objects of a YAML text in a project; nothing where the server will not say. */
export async function lintManifests(api: Api, project: string, yaml: string, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const { findings } = await api.call<{ findings: Finding[] }>('POST', `projects/${encodeURIComponent(project)}/lint`, {
      body: yaml,
      contentType: 'text/plain',
      signal,
    });
    return findings;
  } catch (error) {
    // Advice is a help, not a condition.
    if (error instanceof ApiFailure) return [];
    throw error;
  }
}
