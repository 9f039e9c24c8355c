import type { ApiClient } from '../client/api-client.ts';
import { textAt, withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { watchUntil } from '../client/watch-until.ts';
import { CLIError } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import { stepProgress } from '../output/step-progress.ts';

const TERMINAL = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted']);

/**
 * Waits until all Promotions have ended. Gives them as they ended, and what is to be said about those that did not succeed.
 * Other objects (PromotionRequests) are not waited for.
 */
export async function waitForPromotions(
  io: CLIIO,
  api: ApiClient,
  { project, objects, timeoutMs }: { project: string; objects: readonly ApiObject[]; timeoutMs: number | undefined },
): Promise<{ objects: readonly ApiObject[]; failures: unknown[] }> {
  const ended = await Promise.all(
    objects.map(async (object): Promise<{ object: ApiObject; failure?: unknown }> => {
      if (object.kind !== 'Promotion') return { object };
      const name = object.metadata.name ?? '';
      const progress = stepProgress(io, objects.length > 1 ? name : undefined);
      try {
        const last = await watchUntil(api, {
          io,
          path: ['projects', project, 'promotions', name],
          what: `promotion ${JSON.stringify(name)} to end`,
          timeoutMs,
          describe: (promotion) =>
            [textAt(promotion, 'status', 'phase'), textAt(promotion, 'status', 'message')].filter(Boolean).join(': '),
          done: (promotion) => {
            progress(promotion);
            return TERMINAL.has(textAt(promotion, 'status', 'phase'));
          },
        });
        return outcome(withType(last, 'Promotion'), name);
      } catch (error) {
        return { object, failure: error };
      }
    }),
  );
  return {
    objects: ended.map(({ object }) => object),
    failures: ended.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
  };
}

function outcome(object: ApiObject, name: string): { object: ApiObject; failure?: unknown } {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Succeeded') return { object };
  const message = textAt(object, 'status', 'message');
  const why = `promotion ${JSON.stringify(name)} ended as ${phase}${message === '' ? '' : `: ${message}`}`;
  return { object, failure: new CLIError('Wait', why) };
}
