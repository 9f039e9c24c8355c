import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basicAuth, bodyOf, httpFixture } from './http-fixture.ts';
import { buildImage, stored } from './image-builder.ts';
import type { ImageDescription, StoredDocument } from './image-builder.ts';

/** What a test registry does with a request instead of answering it properly. */
export type RegistryFault =
  | { status: number; headers?: Readonly<Record<string, string>> | undefined; body?: string | undefined }
  | 'hang'
  | 'disconnect'
  | 'corrupt';

/** One request that a test registry received. */
export interface RegistryServerRequest {
  method: string;
  /** Path and query. */
  url: string;
  authorization: string | undefined;
}

/** An OCI registry in this process. */
export interface RegistryServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `127.0.0.1:PORT`, the beginning of repository names. */
  readonly host: string;
  readonly requests: readonly RegistryServerRequest[];
  /** `127.0.0.1:PORT/name`. */
  repository(name: string): string;
  /** Stores a made-up image under a tag (moving the tag if it exists). Returns the digest of what the tag now names. */
  pushImage(repository: string, tag: string, image?: ImageDescription): string;
  deleteTag(repository: string, tag: string): void;
  /** Stores any document as a blob. Returns its digest. */
  putBlob(repository: string, content: string | Uint8Array): string;
  /** Stores any document as a manifest. Returns its digest. */
  putManifest(repository: string, reference: string, mediaType: string, content: string): string;
  /** Decides about every request before it is answered; undefined lets all pass. */
  setFault(fault: ((request: RegistryServerRequest) => RegistryFault | undefined) | undefined): void;
  close(): Promise<void>;
}

interface Repository {
  tags: Map<string, string>;
  manifests: Map<string, StoredDocument>;
  blobs: Map<string, StoredDocument>;
  uploads: Map<string, Buffer>;
}

/** Starts a registry on a free port of the loopback interface (or on `port`). */
export async function startRegistry(
  options: {
    port?: number | undefined;
    /** `basic` asks for user and password, `token` for a token that is given for them (and for anonymous pulls if `anonymous`). */
    auth?: { kind: 'basic' | 'token'; username: string; password: string; anonymous?: boolean | undefined } | undefined;
    /** Most tags on one page whatever is asked for. */
    pageSize?: number | undefined;
    /** Seconds tokens are said to last. Default 300. */
    tokenLifetime?: number | undefined;
  } = {},
): Promise<RegistryServer> {
  const repositories = new Map<string, Repository>();
  const requests: RegistryServerRequest[] = [];
  const tokens = new Map<string, string>();
  let fault: ((request: RegistryServerRequest) => RegistryFault | undefined) | undefined;
  const repositoryOf = (name: string): Repository => {
    const found = repositories.get(name) ?? { tags: new Map(), manifests: new Map(), blobs: new Map(), uploads: new Map() };
    repositories.set(name, found);
    return found;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', server.url);
    const seen = { method: request.method ?? '', url: request.url ?? '', authorization: request.headers.authorization };
    requests.push(seen);
    const wanted = fault?.(seen);
    if (wanted === 'hang') return;
    if (wanted === 'disconnect') {
      request.socket.destroy();
      return;
    }
    if (typeof wanted === 'object') {
      response.writeHead(wanted.status, wanted.headers).end(wanted.body ?? '');
      return;
    }
    const body = await bodyOf(request);
    const { auth } = options;
    const user = basicAuth(request);
    const known = auth !== undefined && user?.username === auth.username && user.password === auth.password;
    if (url.pathname === '/token') {
      if (!known && (user !== undefined || auth?.anonymous !== true))
        return problem(response, 401, 'UNAUTHORIZED', 'wrong credentials');
      const token = randomUUID();
      tokens.set(token, url.searchParams.get('scope') ?? '');
      return json(response, 200, { token, expires_in: options.tokenLifetime ?? 300 });
    }
    const match = /^\/v2\/(.+)\/(tags|manifests|blobs)\/(.+)$/.exec(url.pathname);
    const name = match?.[1] ?? '';
    if (auth?.kind === 'basic' && !known) {
      response.setHeader('www-authenticate', 'Basic realm="registry"');
      return problem(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    if (auth?.kind === 'token') {
      const scope = tokens.get(/^Bearer (.+)$/.exec(seen.authorization ?? '')?.[1] ?? '');
      const needed = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'pull,push';
      if (scope !== `repository:${name}:${needed}` && scope !== `repository:${name}:pull,push`) {
        const wantedScope = `repository:${name}:${needed}`;
        response.setHeader('www-authenticate', `Bearer realm="${server.url}/token",service="test",scope="${wantedScope}"`);
        return problem(response, 401, 'UNAUTHORIZED', 'authentication required');
      }
    }
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    if (url.pathname === '/v2/' || url.pathname === '/v2') return json(response, 200, {});
    const what = match?.[2];
    const reference = match?.[3] ?? '';
    if (what === 'tags') return listTags(response, url, name, repositories.get(name), options.pageSize);
    if (what === 'manifests') return manifests(request, response, repositoryOf, name, reference, body, wanted === 'corrupt');
    if (what === 'blobs') return blobs(request, response, repositoryOf, name, reference, url, body, wanted === 'corrupt');
    return problem(response, 404, 'NOT_FOUND', 'no such address');
  };
  const server = await httpFixture(handle, { port: options.port });

  return {
    url: server.url,
    host: server.host,
    requests,
    repository: (name) => `${server.host}/${name}`,
    pushImage(name, tag, description) {
      const repository = repositoryOf(name);
      const image = buildImage(description);
      for (const blob of image.blobs) repository.blobs.set(blob.digest, blob);
      for (const manifest of image.manifests) repository.manifests.set(manifest.digest, manifest);
      repository.tags.set(tag, image.digest);
      return image.digest;
    },
    deleteTag(name, tag) {
      repositoryOf(name).tags.delete(tag);
    },
    putBlob(name, content) {
      const document = stored('application/octet-stream', Buffer.from(content));
      repositoryOf(name).blobs.set(document.digest, document);
      return document.digest;
    },
    putManifest(name, reference, mediaType, content) {
      const document = stored(mediaType, Buffer.from(content));
      repositoryOf(name).manifests.set(document.digest, document);
      if (!reference.startsWith('sha256:')) repositoryOf(name).tags.set(reference, document.digest);
      return document.digest;
    },
    setFault(next) {
      fault = next;
    },
    close: () => server.close(),
  };
}

function listTags(response: ServerResponse, url: URL, name: string, repository: Repository | undefined, pageSize = 1000): void {
  if (repository === undefined) return problem(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const size = Math.min(Number(url.searchParams.get('n') ?? pageSize), pageSize);
  const last = url.searchParams.get('last') ?? '';
  const rest = [...repository.tags.keys()].sort().filter((tag) => tag > last);
  const page = rest.slice(0, size);
  if (rest.length > size) {
    response.setHeader('link', `</v2/${name}/tags/list?n=${size}&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"`);
  }
  return json(response, 200, { name, tags: page });
}

function manifests(
  request: IncomingMessage,
  response: ServerResponse,
  repositoryOf: (name: string) => Repository,
  name: string,
  reference: string,
  body: Buffer,
  corrupt: boolean,
): void {
  const repository = repositoryOf(name);
  if (request.method === 'PUT') {
    const absent = referencedBlobs(body).find((digest) => !repository.blobs.has(digest) && !repository.manifests.has(digest));
    if (absent !== undefined) return problem(response, 400, 'MANIFEST_BLOB_UNKNOWN', `${absent} is unknown`);
    const document = stored(request.headers['content-type'] ?? 'application/octet-stream', body);
    repository.manifests.set(document.digest, document);
    if (!reference.startsWith('sha256:')) repository.tags.set(reference, document.digest);
    response
      .writeHead(201, { location: `/v2/${name}/manifests/${document.digest}`, 'docker-content-digest': document.digest })
      .end();
    return;
  }
  const document = repository.manifests.get(repository.tags.get(reference) ?? reference);
  if (document === undefined) return problem(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  if (request.method === 'DELETE') {
    repository.tags.delete(reference);
    response.writeHead(202).end();
    return;
  }
  const content = corrupt ? Buffer.concat([document.content, Buffer.from(' ')]) : document.content;
  response.writeHead(200, {
    'content-type': document.mediaType,
    'content-length': content.length,
    'docker-content-digest': document.digest,
  });
  response.end(request.method === 'HEAD' ? undefined : content);
}

function blobs(
  request: IncomingMessage,
  response: ServerResponse,
  repositoryOf: (name: string) => Repository,
  name: string,
  reference: string,
  url: URL,
  body: Buffer,
  corrupt: boolean,
): void {
  const repository = repositoryOf(name);
  const mount = url.searchParams.get('mount');
  const mounted = mount === null ? undefined : repositoryOf(url.searchParams.get('from') ?? name).blobs.get(mount);
  if (reference.startsWith('uploads') && mounted !== undefined) {
    repository.blobs.set(mounted.digest, mounted);
    response.writeHead(201, { location: `/v2/${name}/blobs/${mounted.digest}` }).end();
    return;
  }
  if (reference.startsWith('uploads')) {
    const id = reference.slice('uploads/'.length) || randomUUID();
    const content = Buffer.concat([repository.uploads.get(id) ?? Buffer.alloc(0), body]);
    const digest = url.searchParams.get('digest');
    if (digest === null) {
      repository.uploads.set(id, content);
      const headers = { location: `/v2/${name}/blobs/uploads/${id}`, range: `0-${Math.max(content.length - 1, 0)}` };
      response.writeHead(202, headers).end();
      return;
    }
    repository.uploads.delete(id);
    const document = stored('application/octet-stream', content);
    if (document.digest !== digest) return problem(response, 400, 'DIGEST_INVALID', 'content does not match the digest');
    repository.blobs.set(digest, document);
    response.writeHead(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest }).end();
    return;
  }
  const document = repository.blobs.get(reference);
  if (document === undefined) return problem(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
  const content = corrupt ? Buffer.from(document.content).fill(0, 0, 1) : document.content;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length });
  response.end(request.method === 'HEAD' ? undefined : content);
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number, code: string, message: string): void {
  json(response, status, { errors: [{ code, message }] });
}

/** Digests that a manifest or index cannot do without. */
function referencedBlobs(content: Buffer): string[] {
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(content.toString()) as {
    config?: { digest: string };
    layers?: { digest: string; urls?: string[] }[];
    manifests?: { digest: string }[];
  };
  const own = layers.filter(({ urls = [] }) => urls.length === 0);
  return [...(config === undefined ? [] : [config]), ...own, ...manifests].map(({ digest }) => digest);
}
