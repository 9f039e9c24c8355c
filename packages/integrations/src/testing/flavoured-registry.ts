import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basicAuth, httpFixture } from './http-fixture.ts';
import { buildImage } from './image-builder.ts';
import type { ImageDescription, StoredDocument } from './image-builder.ts';
import type { RegistryFlavour } from './registry-flavours.ts';

/** A registry of one flavour, with one repository. */
export interface FlavouredRegistry {
  /** `127.0.0.1:PORT/acme/web`. */
  repository: string;
  password: string;
  /** `METHOD path` of everything that was asked for, at the registry itself. */
  asked: string[];
  /** Tokens that were given are forgotten, as if they had expired. */
  forgetTokens(): void;
  /** Requests for tags and manifests that this says true to are refused as too many. */
  limit(when: (asked: string) => boolean): void;
  /** How many requests counted as pulls. */
  pulls(): number;
  push(tag: string, image?: ImageDescription): string;
  close(): Promise<void>;
}

/** A password that registries knew once. */
export const STALE = 'revoked';
const PATH = 'acme/web';

/** Starts a registry of a flavour on this machine. */
export async function startFlavour(flavour: RegistryFlavour): Promise<FlavouredRegistry> {
  const documents = new Map<string, StoredDocument>();
  const blobs = new Map<string, StoredDocument>();
  const tags = new Map<string, string>();
  const password = randomUUID();
  const tokens = new Map<string, string>();
  const pages = new Map<string, string>();
  const asked: string[] = [];
  let isTooMany = (_asked: string): boolean => false;
  let pulls = 0;

  const store = await httpFixture((request, response) => {
    // Signed addresses are refused together with credentials, as they would count twice.
    if (request.headers.authorization !== undefined) return void response.writeHead(400).end('only one auth mechanism allowed');
    const blob = blobs.get(request.url?.slice(1) ?? '');
    if (blob === undefined) response.writeHead(404).end();
    else response.end(blob.content);
  });

  const knows = (request: IncomingMessage): boolean => {
    const user = basicAuth(request);
    return user?.username === flavour.username && user.password === password;
  };
  const isStale = (request: IncomingMessage): boolean => flavour.stale !== undefined && basicAuth(request)?.password === STALE;
  const allowed = (request: IncomingMessage): boolean => {
    if (flavour.auth === 'none') return true;
    if (flavour.auth === 'basic') return knows(request);
    return tokens.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '') === `repository:${PATH}:pull`;
  };
  const json = (response: ServerResponse, status: number, value: object, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  const refuse = (response: ServerResponse, status: number, code: string): void =>
    json(response, status, { errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] });

  const server = await httpFixture((request, response) => {
    const url = new URL(request.url ?? '/', server.url);
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    const { auth } = flavour;
    if (typeof auth === 'object' && url.pathname === auth.realm) {
      const { tokenRefusal: status = 401, absentAt, absent } = flavour;
      const scope = url.searchParams.get('scope') ?? '';
      if (!knows(request) || url.searchParams.get('service') !== auth.service)
        return refuse(response, status, status === 403 ? 'DENIED' : 'UNAUTHORIZED');
      if (absentAt === 'token' && !scope.includes(`:${PATH}:`)) return refuse(response, absent, 'DENIED');
      const value = randomUUID();
      tokens.set(value, scope);
      return json(response, 200, { [auth.field]: value, ...(auth.field === 'token' ? { expires_in: 300 } : {}) });
    }
    if (isStale(request)) return refuse(response, 403, 'DENIED');
    if (!allowed(request)) {
      const scope = typeof auth === 'object' && auth.scope === 'given' ? `,scope="repository:${PATH}:pull"` : '';
      const challenge =
        typeof auth === 'object'
          ? `Bearer realm="${server.url}${auth.realm}",service="${auth.service}"${scope}`
          : 'Basic realm="registry"';
      response.setHeader('www-authenticate', challenge);
      return refuse(response, 401, 'UNAUTHORIZED');
    }
    const [, name, what, reference = ''] = /^\/v2\/(.+)\/(tags|manifests|blobs)\/(.+)$/.exec(url.pathname) ?? [];
    if (isTooMany(asked.at(-1) ?? '')) {
      const { headers, body } = flavour.limited;
      return void response.writeHead(429, { ...headers }).end(body);
    }
    if (name !== PATH) return refuse(response, flavour.absent, flavour.absent === 404 ? 'NAME_UNKNOWN' : 'DENIED');
    if (what === 'tags') return listTags(url, response);
    if (what === 'blobs') {
      const blob = blobs.get(reference);
      if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN');
      if (flavour.blobsElsewhere) return void response.writeHead(307, { location: `${store.url}/${reference}` }).end();
      return void response.end(blob.content);
    }
    const document = documents.get(tags.get(reference) ?? reference);
    if (document === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN');
    if (request.method === 'GET') pulls += 1;
    for (const [header, value] of Object.entries(flavour.manifestHeaders ?? {})) response.setHeader(header, value);
    if (flavour.negotiates === true && !(request.headers.accept ?? '').includes(document.mediaType)) {
      response.setHeader('content-type', 'application/vnd.docker.distribution.manifest.v1+prettyjws');
      return void response.end('{"schemaVersion":1}');
    }
    if (flavour.tellsDigest) response.setHeader('docker-content-digest', document.digest);
    response.setHeader('content-type', document.mediaType);
    response.setHeader('content-length', document.content.length);
    response.end(request.method === 'HEAD' ? undefined : document.content);
  });

  function listTags(url: URL, response: ServerResponse): void {
    const { most, usual, refusal } = flavour.pages;
    const wanted = Number(url.searchParams.get('n') ?? usual);
    if (wanted > most && refusal !== undefined) return refuse(response, refusal, 'UNSUPPORTED');
    const size = Math.min(wanted, most);
    const all = flavour.order === 'pushed' ? [...tags.keys()] : [...tags.keys()].sort();
    const last =
      flavour.link === 'opaque'
        ? (pages.get(url.searchParams.get('next_page') ?? '') ?? '')
        : (url.searchParams.get('last') ?? '');
    const rest = flavour.link === 'wrongPath' ? all.slice(Number(last)) : all.slice(last === '' ? 0 : all.indexOf(last) + 1);
    const page = rest.slice(0, size);
    if (rest.length > size && flavour.link !== 'none') {
      const next = new URL(url);
      if (flavour.unsized === true) next.searchParams.delete('n');
      else next.searchParams.set('n', String(size));
      if (flavour.link === 'wrongPath') {
        next.pathname = next.pathname.replace(PATH, PATH.slice(PATH.indexOf('/') + 1));
        next.searchParams.set('last', String(all.length - rest.length + size));
      } else if (flavour.link === 'opaque') {
        const id = randomUUID();
        pages.set(id, page.at(-1) ?? '');
        next.searchParams.set('next_page', id);
      } else next.searchParams.set('last', page.at(-1) ?? '');
      response.setHeader('link', `<${flavour.link === 'absolute' ? next.href : `${next.pathname}${next.search}`}>; rel="next"`);
    }
    const type: Record<string, string> = flavour.listType === undefined ? {} : { 'content-type': flavour.listType };
    json(response, 200, { name: PATH, tags: page, ...flavour.extra }, type);
  }

  return {
    repository: `${server.host}/${PATH}`,
    password,
    asked,
    forgetTokens: () => tokens.clear(),
    limit: (when) => void (isTooMany = when),
    pulls: () => pulls,
    push(tag, description) {
      const image = buildImage(description);
      for (const blob of image.blobs) blobs.set(blob.digest, blob);
      for (const manifest of image.manifests) documents.set(manifest.digest, manifest);
      tags.set(tag, image.digest);
      return image.digest;
    },
    async close() {
      await server.close();
      await store.close();
    },
  };
}
