import type { ApiClient, ApiRequest } from '../client/api-client.ts';
import { RequestError } from '../client/api-client.ts';
import { withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { CLIError } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';

/** Where the API tells of changes. */
export interface Watched {
  api: ApiClient;
  /** Of the list; the path of one object follows from its name. */
  path: readonly string[];
  query?: ApiRequest['query'];
}

interface ShowChanges {
  /** What has been shown already. */
  known: readonly ApiObject[];
  kind: string;
  watched: Watched;
  /** The one object that is watched; undefined watches the list. */
  name: string | undefined;
  show(objects: readonly ApiObject[]): Promise<void>;
}

/** Pause before a stream that broke is opened again, in milliseconds. */
const PAUSE = 1000;

/** Shows each object as it changes. A stream that breaks is opened again. Ends by failing, when the server refuses. */
export async function showChanges(io: CLIIO, { known, kind, watched, name, show }: ShowChanges): Promise<never> {
  const { api, path, query } = watched;
  const versions = new Map(known.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  let streams = 0;
  for (;;) {
    try {
      for await (const event of api.watch(name === undefined ? path : [...path, name], { query })) {
        streams = 0;
        if (event.type === 'ERROR') break;
        const { metadata } = event.object;
        // A new stream begins with all there is.
        if (event.type === 'ADDED' && versions.get(metadata.name) === metadata.resourceVersion) continue;
        if (event.type === 'DELETED') versions.delete(metadata.name);
        else versions.set(metadata.name, metadata.resourceVersion);
        await show([withType(event.object, kind)]);
      }
    } catch (error) {
      if (!(error instanceof CLIError) || (error instanceof RequestError && error.status < 500)) throw error;
      // Once it was reached, a server that is away for a while is worth waiting for; one that never answers is not.
      if (streams >= MAX_STREAMS) throw error;
    }
    streams += 1;
    if (streams > MAX_STREAMS) throw new CLIError('Wait', 'the server keeps ending the watch');
    await io.sleep(PAUSE);
  }
}

/** Streams in a row that bring nothing before the server is given up. */
const MAX_STREAMS = 60;
