import type { HttpResponse } from '@kargo/integrations';

const SHOWN = 120;

/** The text of an answer. */
export function textOf(response: HttpResponse): string {
  return new TextDecoder().decode(response.body);
}

/** The JSON of an answer. Fails, quoting the beginning of what came instead: a sign-in page, say. `server` names who answered. */
export function jsonOf(response: HttpResponse, server: string): unknown {
  const text = textOf(response);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const type = response.headers['content-type'] ?? 'an unnamed type';
    throw new Error(
      `${server} answered ${response.status} with ${type} instead of JSON: ${JSON.stringify(text.slice(0, SHOWN))}; is the address right?`,
      { cause },
    );
  }
}

/**
 * What `read` makes of the JSON of an answer, which it may take to have the form that this kind of server gives it. Fails, quoting the beginning, where
 * the answer is no JSON or `read` stumbles over its form.
 */
export function readJSON<T>(response: HttpResponse, server: string, read: (answer: unknown) => T): T {
  const answer = jsonOf(response, server);
  try {
    return read(answer);
  } catch (cause) {
    // What JavaScript throws where there is another type than was expected; everything else is said on purpose.
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    throw strangeAnswer(response, server, cause);
  }
}

/** For JSON that is not what a server of this kind answers. */
export function strangeAnswer(response: HttpResponse, server: string, cause?: unknown): Error {
  const start = JSON.stringify(textOf(response).slice(0, SHOWN));
  return new Error(
    `${server} answered ${response.status} with JSON of a form that is not its own: ${start}; is the address right?`,
    { cause },
  );
}
