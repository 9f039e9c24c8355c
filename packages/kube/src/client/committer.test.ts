import { AnalysisRun, ApiError, Stage, type Kind, type KubeObject } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../objects/deep-freeze.ts';
import { seededRandom } from '../ports/seeded-random.ts';
import { VirtualClock } from '../ports/virtual-clock.ts';
import type { Patch, PatchOptions } from './client.ts';
import { commitObject, commitStatus, retryOnConflict, type Patcher } from './committer.ts';

interface Sent {
  name: string;
  patch: Patch;
  subresource: string | undefined;
}

/** Records what is sent and answers with what it was asked to answer. */
function recorder(): { client: Patcher; sent: Sent[] } {
  const sent: Sent[] = [];
  const client: Patcher = {
    patch: async <T extends KubeObject>(
      _kind: Kind<T>,
      { name }: { name: string },
      patch: Patch,
      options?: PatchOptions,
    ): Promise<T> => {
      sent.push({ name, patch, subresource: options?.subresource });
      return { patched: true } as unknown as T;
    },
  };
  return { client, sent };
}

const stage = deepFreeze({
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 's', namespace: 'p', uid: 'u', resourceVersion: '7', labels: { a: '1', b: '2' } },
  spec: { shard: 'x' },
  status: { observedGeneration: 1, lastHandledRefresh: 'r' },
}) as unknown as Stage;

describe('committing status', () => {
  it('sends one merge patch of what changed, bound to the version that was read', async () => {
    const { client, sent } = recorder();
    await commitStatus(client, Stage, stage, { ...stage, status: { observedGeneration: 2 } });
    expect(sent).toEqual([
      {
        name: 's',
        subresource: 'status',
        patch: {
          type: 'merge',
          body: { metadata: { uid: 'u', resourceVersion: '7' }, status: { observedGeneration: 2, lastHandledRefresh: null } },
        },
      },
    ]);
  });

  it('sends nothing when nothing changed', async () => {
    const { client, sent } = recorder();
    const same = { ...stage, status: { lastHandledRefresh: 'r', observedGeneration: 1, health: undefined } };
    expect(await commitStatus(client, Stage, stage, same)).toBe(stage);
    expect(sent).toEqual([]);
  });

  const mistakes: { name: string; after: Stage; want: string }[] = [
    {
      name: 'the spec changed too',
      after: { ...stage, spec: { ...stage.spec, shard: 'y' }, status: {} },
      want: 'but spec changed too',
    },
    {
      name: 'a label changed too',
      after: { ...stage, metadata: { ...stage.metadata, labels: {} } },
      want: 'but metadata changed too',
    },
    {
      name: 'it is another object',
      after: { ...stage, metadata: { ...stage.metadata, name: 't' } },
      want: 'metadata.name of Stage p/s differs',
    },
  ];
  it.each(mistakes)('is a programmer error when $name', async ({ after, want }) => {
    const { client, sent } = recorder();
    await expect(commitStatus(client, Stage, stage, after)).rejects.toThrow(want);
    expect(sent).toEqual([]);
  });

  it('is a programmer error for an object that was never read', async () => {
    const fresh = { ...stage, metadata: { name: 's', namespace: 'p' } };
    await expect(commitStatus(recorder().client, Stage, fresh, { ...fresh, status: {} })).rejects.toThrow(
      'never read from the API',
    );
  });
});

describe('committing everything else', () => {
  it('keeps the preconditions beside changes of metadata', async () => {
    const { client, sent } = recorder();
    await commitObject(client, Stage, stage, {
      ...stage,
      metadata: { ...stage.metadata, labels: { a: '1' }, finalizers: ['f'] },
    });
    expect(sent[0]).toEqual({
      name: 's',
      subresource: undefined,
      patch: { type: 'merge', body: { metadata: { labels: { b: null }, finalizers: ['f'], uid: 'u', resourceVersion: '7' } } },
    });
  });

  it('is a programmer error when status changed too', async () => {
    await expect(commitObject(recorder().client, Stage, stage, { ...stage, status: {} })).rejects.toThrow(
      'its status changed too',
    );
  });

  it('takes status along where it is no subresource', async () => {
    const { client, sent } = recorder();
    const run = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: stage.metadata,
      spec: { metrics: [] },
    } as AnalysisRun;
    await commitObject(client, AnalysisRun, run, {
      ...run,
      spec: { metrics: [], terminate: true },
      status: { phase: 'Running' },
    });
    expect(sent[0]?.patch.body).toEqual({
      metadata: { uid: 'u', resourceVersion: '7' },
      spec: { terminate: true },
      status: { phase: 'Running' },
    });
  });
});

describe('retrying on conflict', () => {
  const conflict = new ApiError('Conflict', 'stale');

  async function run(failures: readonly Error[], attempts?: number): Promise<{ result: unknown; calls: number }> {
    const clock = new VirtualClock(0);
    let calls = 0;
    const attempt = async (): Promise<string> => {
      const failure = failures[calls++];
      if (failure !== undefined) throw failure;
      return 'done';
    };
    const options = { clock, random: seededRandom(1), ...(attempts === undefined ? {} : { attempts }) };
    const result = retryOnConflict(attempt, options).catch((error: unknown) => error);
    await clock.advanceBy(60_000);
    return { result: await result, calls };
  }

  it('tries again until it succeeds', async () => {
    expect(await run([conflict, conflict])).toEqual({ result: 'done', calls: 3 });
  });

  it('gives up with the last conflict', async () => {
    expect(await run(Array.from({ length: 9 }, () => conflict))).toEqual({ result: conflict, calls: 5 });
    expect(await run([conflict, conflict], 2)).toEqual({ result: conflict, calls: 2 });
  });

  it('does not repeat other failures', async () => {
    const other = new ApiError('Forbidden', 'no');
    expect(await run([other])).toEqual({ result: other, calls: 1 });
  });
});
