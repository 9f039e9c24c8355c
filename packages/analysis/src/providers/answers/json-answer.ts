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
