import { ApiError } from '@kargo/api';

/** Longest line of a watch, in bytes: more than any object the API accepts. */
const LONGEST_LINE = 32 * 1024 * 1024;

/** The lines of a stream of UTF-8 text, without empty ones. Fails with `RequestEntityTooLarge` for a line without end. */
export async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    let text = decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      parts.push(text.slice(0, end));
      const line = parts.join('').trim();
      parts = [];
      length = 0;
      text = text.slice(end + 1);
      if (line !== '') yield line;
    }
    parts.push(text);
    length += text.length;
    if (length > LONGEST_LINE)
      throw new ApiError('RequestEntityTooLarge', `the API sent an event longer than ${LONGEST_LINE / 1024 / 1024} MiB`);
  }
  const rest = parts.join('').trim();
  if (rest !== '') yield rest;
}
