import { createHash } from 'node:crypto';
import { HttpError } from '../http/http-error.ts';
import { CloudError } from './cloud-error.ts';
import { signedToken } from './json-web-token.ts';
import { keptUntil, TokenCache, type Expiring, type TokenOptions } from './token-cache.ts';
import { jsonOf, requestToken, textIn, type TokenTransport } from './token-request.ts';

const KEPT_OTHERWISE = 40 * 60_000;
/** A new token can take a while until all of GitHub knows it; then it is tried after so many milliseconds. */
const PROBES = [0, 3000, 10_000, 30_000];

/** A GitHub App as an installation of it is used for one repository. */
export interface GitHubAppAccess extends TokenOptions {
  /** Client id or application id. */
  issuer: string;
  installation: string;
  /** PEM, or that in base64. */
  privateKey: string;
  /** `https://HOST/OWNER/NAME[.git]`. */
  repoURL: string;
}

/** Tokens of installations of GitHub Apps, each good for one repository alone; kept until shortly before they expire. */
export class GitHubAppTokens {
  readonly #transport: TokenTransport;
  readonly #cache: TokenCache<string>;

  constructor(transport: TokenTransport) {
    this.#transport = transport;
    this.#cache = new TokenCache(transport.clock);
  }

  /** Fails with `CloudError`. */
  async token(access: GitHubAppAccess): Promise<string> {
    const { api, owner, name } = placeOf(access.repoURL);
    const pem = pemOf(access.privateKey);
    const key = createHash('sha256')
      .update(JSON.stringify([api, access.issuer, access.installation, pem, owner, name]))
      .digest('hex');
    const get = async (): Promise<Expiring<string>> => {
      const { clock } = this.#transport;
      const action = `get a token of GitHub App ${access.issuer} for ${owner}/${name}`;
      const now = Math.floor(clock.now() / 1000);
      // A minute ago, as clocks differ; GitHub takes no more than ten minutes.
      const jwt = signedToken({ iat: now - 60, exp: now + 540, iss: access.issuer }, { pem });
      const answer = await requestToken(this.#transport, {
        action,
        method: 'POST',
        url: `${api}/app/installations/${encodeURIComponent(access.installation)}/access_tokens`,
        headers: { ...HEADERS, authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
        body: JSON.stringify({ repositories: [name] }),
        signal: access.signal,
      });
      const body = jsonOf(action, answer);
      const value = textIn(action, body, 'token');
      await this.#accepted(`${api}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`, value, access.signal);
      const expiresAt = typeof body['expires_at'] === 'string' ? Date.parse(body['expires_at']) : undefined;
      return { value, keepUntil: keptUntil(clock.now(), expiresAt, KEPT_OTHERWISE) };
    };
    return this.#cache.get(key, get, (token) => token === access.refused);
  }

  /** Waits until the token is known, but not for ever: then it is taken for good all the same. */
  async #accepted(url: string, token: string, signal: AbortSignal | undefined): Promise<void> {
    const { http, clock } = this.#transport;
    for (const wait of PROBES) {
      if (wait > 0) await clock.sleep(wait, signal === undefined ? {} : { signal });
      try {
        const headers = { ...HEADERS, authorization: `Bearer ${token}` };
        const { status } = await http.send({ method: 'GET', url, headers, timeout: 10_000, maxBody: 1024 * 1024, signal });
        if (status !== 401) return;
      } catch (error) {
        if (!(error instanceof HttpError) || error.code === 'aborted') throw error;
        return;
      }
    }
  }
}

const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** The API that serves a repository, and its place there. Fails with `CloudError` `invalid`. */
function placeOf(repoURL: string): { api: string; owner: string; name: string } {
  const url = URL.canParse(repoURL) ? new URL(repoURL) : undefined;
  const [name = '', ...owner] = (url?.pathname ?? '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .filter(Boolean)
    .reverse();
  if (url === undefined || name === '' || owner.length === 0)
    throw new CloudError('invalid', 'a GitHub App serves repositories of the form https://HOST/OWNER/NAME only');
  const api = url.host === 'github.com' ? 'https://api.github.com' : `${url.protocol}//${url.host}/api/v3`;
  return { api, owner: owner.toReversed().join('/'), name };
}

function pemOf(text: string): string {
  if (text.includes('-----BEGIN')) return text;
  const decoded = Buffer.from(text, 'base64').toString();
  if (decoded.includes('-----BEGIN')) return decoded;
  throw new CloudError('invalid', 'githubAppPrivateKey is neither a key in PEM nor that in base64');
}
