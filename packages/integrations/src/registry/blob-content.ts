/** Blobs on their way: checked, and turned from what is handed over into what can be taken. */
import { createHash } from 'node:crypto';
import type { BlobDescriptor } from './port.ts';
import { RegistryError } from './registry-error.ts';

/** The same pieces; fails with `invalid` after the last one, or as soon as there are too many, if they are not the blob. */
export async function* verifiedBlob(
  repository: string,
  blob: BlobDescriptor,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  const wrong = (what: string): RegistryError =>
    new RegistryError('invalid', `${repository}: the blob ${blob.digest} of ${blob.size} bytes ${what}; push it again`);
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > blob.size) throw wrong('is longer than that');
    hash.update(chunk);
    yield chunk;
  }
  if (size !== blob.size) throw wrong(`came as ${size} bytes`);
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== blob.digest) throw wrong(`came as ${digest}`);
}

/** Lets pieces that `start` hands to a sink be taken one by one. Fails with what `start` fails with. */
export async function* pulled(
  start: (sink: (chunks: AsyncIterable<Uint8Array>) => Promise<void>) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const handed = Promise.withResolvers<AsyncIterable<Uint8Array>>();
  const taken = Promise.withResolvers<void>();
  const work = start(async (chunks) => {
    handed.resolve(chunks);
    await taken.promise;
  });
  const failed = work.then(
    () => undefined,
    (error: unknown) => {
      handed.reject(error);
      return { error };
    },
  );
  try {
    yield* await handed.promise;
  } finally {
    taken.resolve();
    await failed;
  }
  const failure = await failed;
  if (failure !== undefined) throw failure.error;
}
