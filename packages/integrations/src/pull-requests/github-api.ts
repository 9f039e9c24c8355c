import { Octokit } from '@octokit/core';
import type { Http } from '../http/port.ts';
import { answerFailure, connectionFailure } from './api-client.ts';
import type { ProviderContext } from './provider.ts';
import type { RepositoryPlace } from './repository-place.ts';

const TIMEOUT_MS = 60_000;
const MAX_BODY = 8 * 1024 * 1024;

/** What the client throws for answers that say no, and for none. */
export interface GitHubFailure extends Error {
  status: number;
  response?: { headers: Readonly<Record<string, string | number | undefined>>; data: unknown } | undefined;
}

/** Whether something thrown comes from the client. */
export function isGitHubFailure(error: unknown): error is GitHubFailure {
  return error instanceof Error && error.name === 'HttpError' && 'status' in error && 'request' in error;
}

/** A client of the API of GitHub, or of a GitHub Enterprise server, for one repository. */
export function githubClient({ http, place, repository, signal, apiBase }: ProviderContext): Octokit {
  return new Octokit({
    auth: repository.credentials?.password,
    baseUrl: apiBase ?? githubApiBase(place),
    userAgent: 'kargo',
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    request: { fetch: fetchOver(http, repository.insecureSkipTLSVerify), ...(signal === undefined ? {} : { signal }) },
  });
}

/** Runs a request of the client; failures become `PullRequestError`s, except for statuses in `pass`. */
export async function asking<T>(action: string, request: () => Promise<T>, pass: readonly number[] = []): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!isGitHubFailure(error)) throw connectionFailure(action, error);
    if (error.response === undefined) throw connectionFailure(action, error.cause ?? error);
    if (pass.includes(error.status)) throw error;
    const headers = Object.fromEntries(Object.entries(error.response.headers).map(([name, value]) => [name, String(value)]));
    throw answerFailure(action, error.status, headers, error.response.data);
  }
}

function githubApiBase({ origin, hostname }: RepositoryPlace): string {
  if (hostname === 'github.com' || hostname === 'www.github.com' || hostname === 'ssh.github.com')
    return 'https://api.github.com';
  if (hostname.endsWith('.ghe.com')) return `https://api.${hostname}`;
  return `${origin}/api/v3`;
}

/** `fetch`, as far as the client uses it, over the port. */
function fetchOver(http: Http, insecureSkipTLSVerify: boolean | undefined) {
  return async (
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal },
  ) => {
    const answer = await http.send({
      method: init.method ?? 'GET',
      url,
      headers: init.headers ?? {},
      body: init.body,
      timeout: TIMEOUT_MS,
      maxBody: MAX_BODY,
      insecureSkipTLSVerify,
      signal: init.signal,
    });
    const empty = answer.status === 204 || answer.status === 205 || answer.status === 304;
    return new Response(empty ? null : Buffer.from(answer.body), { status: answer.status, headers: { ...answer.headers } });
  };
}

function ignore(): void {
  // The client's log is not ours: failures are thrown.
}
