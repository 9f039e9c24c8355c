import { ApiError } from '@kargo/api';

/** Longest frame, in UTF-16 units: more than any Application. */
const LONGEST = 32 * 1024 * 1024;

/** The results of a stream of Argo CD: lines `{"result": …}`, or `{"error": {"message": …}}`. Fails with `ApiError` for anything else. */
export async function* streamedResults<T>(body: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end).trim();
      text = text.slice(end + 1);
      if (line !== '') yield resultOf<T>(line);
    }
    if (text.length > LONGEST) throw new ApiError('RequestEntityTooLarge', 'Argo CD sent an event that is too long');
  }
  if (text.trim() !== '') yield resultOf<T>(text.trim());
}

function resultOf<T>(line: string): T {
  let frame: { result?: T; error?: { message?: string } };
  try {
    frame = JSON.parse(line) as typeof frame;
  } catch (cause) {
    throw new ApiError('ServiceUnavailable', 'Argo CD sent an event that is not JSON', { cause });
  }
  if (frame.result !== undefined) return frame.result;
  throw new ApiError(
    'ServiceUnavailable',
    `Argo CD ended the watch of Applications: ${frame.error?.message ?? 'it does not say why'}`,
  );
}
