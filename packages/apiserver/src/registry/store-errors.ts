import { ApiError } from '@kargo/api';
import { StoreWriteError, type StoreOutcome } from '../store/store.ts';

/** Waits for a write; what the medium refuses becomes an API error that clients retry. */
export async function storing(write: Promise<StoreOutcome>): Promise<StoreOutcome> {
  try {
    return await write;
  } catch (cause) {
    if (cause instanceof StoreWriteError)
      throw new ApiError('ServiceUnavailable', `the write was not stored and nothing has changed: ${cause.message}`, { cause });
    throw cause;
  }
}
