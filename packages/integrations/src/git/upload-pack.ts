import { HttpError } from '../http/http-error.ts';
import type { Http, HttpResponse } from '../http/port.ts';
import { isRefName } from './branch-name.ts';
import { GitError } from './git-error.ts';
import { lineOf, readPackets, writePackets, type Packet } from './packet-lines.ts';
import type { MirrorRefs } from './refs.ts';
import type { CleanRemote } from './remote-url.ts';

/** Bytes of references, and of a pack, that are taken; git itself fetches what is more. */
const MAX_REFS = 16 * 1024 * 1024;
const MAX_PACK = 8 * 1024 * 1024;
/** Milliseconds until a server must begin to answer, as git's own limit of a connection that transfers nothing. */
const SILENCE = 30_000;
const AGENT = 'agent=git/kargo';

/** How a request of {@link UploadPack} is limited. */
export interface UploadPackLimits {
  /** Milliseconds. */
  timeout: number;
  signal?: AbortSignal | undefined;
}

/**
 * Asks a server for references and small packs by git's own protocol (smart HTTP, version 2), on connections that are kept: no program
 * and no handshake is started for it. Everything out of the ordinary is undefined, and then git itself has to be asked, which also knows
 * what to say of failures. Only a server that does not answer in time is an error (`timeout`), since git would wait for it as long again.
 */
export class UploadPack {
  readonly #http: Http;
  /** What the server said it can do, as long as it keeps to it. */
  #capabilities: ReadonlyMap<string, string> | undefined;

  constructor(http: Http) {
    this.#http = http;
  }

  /** The branches and tags of the remote as they are now. */
  async refs(remote: CleanRemote, limits: UploadPackLimits): Promise<MirrorRefs | undefined> {
    if (!(await this.#isUsable(remote, limits))) return undefined;
    const said = ['peel', 'ref-prefix refs/heads/', 'ref-prefix refs/tags/'].map((line) => ({ line }));
    const packets = await this.#command(remote, 'ls-refs', said, limits, MAX_REFS);
    return packets === undefined ? undefined : readRefs(packets);
  }

  /**
   * What is behind `wants` and not behind `haves`, as a thin pack. Undefined also if the server does not find enough in common to give
   * only that.
   */
  async pack(
    remote: CleanRemote,
    { wants, haves }: { wants: readonly string[]; haves: readonly string[] },
    limits: UploadPackLimits,
  ): Promise<Uint8Array | undefined> {
    if (!(await this.#isUsable(remote, limits))) return undefined;
    const lines = [
      'thin-pack',
      'ofs-delta',
      'no-progress',
      ...wants.map((id) => `want ${id}`),
      ...haves.map((id) => `have ${id}`),
    ];
    const said = lines.map((line) => ({ line }));
    const packets = await this.#command(remote, 'fetch', said, limits, MAX_PACK);
    return packets === undefined ? undefined : readPack(packets);
  }

  async #isUsable(remote: CleanRemote, limits: UploadPackLimits): Promise<boolean> {
    this.#capabilities ??= await this.#askCapabilities(remote, limits);
    return this.#capabilities !== undefined;
  }

  async #askCapabilities(remote: CleanRemote, limits: UploadPackLimits): Promise<ReadonlyMap<string, string> | undefined> {
    const answer = await this.#send(remote, { path: '/info/refs?service=git-upload-pack', maxBody: MAX_REFS }, limits);
    if (answer?.headers['content-type'] !== 'application/x-git-upload-pack-advertisement') return undefined;
    const lines = readPackets(answer.body)?.flatMap((packet) => (typeof packet === 'string' ? [] : [lineOf(packet)]));
    const version = lines?.indexOf('version 2') ?? -1;
    if (lines === undefined || version < 0) return undefined;
    const capabilities = new Map(
      lines.slice(version + 1).map((line): [string, string] => {
        const [name = '', ...value] = line.split('=');
        return [name, value.join('=')];
      }),
    );
    const format = capabilities.get('object-format') ?? 'sha1';
    return capabilities.has('ls-refs') && capabilities.has('fetch') && format === 'sha1' ? capabilities : undefined;
  }

  async #command(
    remote: CleanRemote,
    command: string,
    said: readonly { line: string }[],
    limits: UploadPackLimits,
    maxBody: number,
  ): Promise<Packet[] | undefined> {
    const format = this.#capabilities?.has('object-format') === true ? [{ line: 'object-format=sha1' }] : [];
    const body = writePackets([{ line: `command=${command}` }, { line: AGENT }, ...format, 'delimiter', ...said, 'flush']);
    const answer = await this.#send(remote, { path: '/git-upload-pack', body, maxBody }, limits);
    const packets =
      answer?.headers['content-type'] === 'application/x-git-upload-pack-result' ? readPackets(answer.body) : undefined;
    // It may have become another server.
    if (packets === undefined) this.#capabilities = undefined;
    return packets;
  }

  async #send(
    remote: CleanRemote,
    { path, body, maxBody }: { path: string; body?: string | undefined; maxBody: number },
    { timeout, signal }: UploadPackLimits,
  ): Promise<HttpResponse | undefined> {
    const { username = 'git', password } = remote.credentials;
    const send = (): Promise<HttpResponse> =>
      this.#http.send({
        method: body === undefined ? 'GET' : 'POST',
        url: `${remote.url.replace(/\/+$/, '')}${path}`,
        headers: {
          'git-protocol': 'version=2',
          'user-agent': 'git/kargo',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/x-git-upload-pack-request', accept: 'application/x-git-upload-pack-result' }),
          ...(password === undefined
            ? {}
            : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }),
        },
        body,
        maxBody,
        maxRedirects: 0,
        timeout,
        headerTimeout: Math.min(SILENCE, timeout),
        insecureSkipTLSVerify: remote.insecureSkipTLSVerify,
        signal,
      });
    try {
      const answer = await send().catch((error: unknown) => {
        // A kept connection that has just been closed, say. What is asked for changes nothing, so it can be asked for again.
        if (error instanceof HttpError && error.code === 'unreachable') return send();
        throw error;
      });
      return answer.status === 200 ? answer : undefined;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.code !== 'timeout' && error.code !== 'aborted') return undefined;
      throw new GitError(error.code, `could not fetch ${remote.url}: ${error.message}`, { cause: error });
    }
  }
}

const ID = /^[0-9a-f]{40}$/;
/** What stands before the object that a tag leads to. */
const PEELED = 'peeled:';

function readRefs(packets: readonly Packet[]): MirrorRefs | undefined {
  if (packets.at(-1) !== 'flush') return undefined;
  const branches = new Map<string, string>();
  const tags = new Map<string, string>();
  const tagObjects = new Map<string, string>();
  for (const packet of packets.slice(0, -1)) {
    if (typeof packet === 'string') return undefined;
    const [id = '', ref = '', ...attributes] = lineOf(packet).split(' ');
    if (!ID.test(id)) return undefined;
    // Told by servers that do not look at the prefixes.
    if (ref === 'HEAD') continue;
    const [, kind, name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
    // What git thinks of odd names is for git to say.
    if (kind === undefined || !isRefName(name)) return undefined;
    if (kind === 'heads') branches.set(name, id);
    else {
      const peeled = attributes.find((one) => one.startsWith(PEELED))?.slice(PEELED.length);
      tags.set(name, peeled ?? id);
      tagObjects.set(name, id);
    }
  }
  return { branches, tags, tagObjects };
}

/** The bands of the section with the pack. */
const DATA = 1;
const PROGRESS = 2;

function readPack(packets: readonly Packet[]): Uint8Array | undefined {
  const texts = packets.map((packet) => (typeof packet === 'string' || packet.length > 100 ? undefined : lineOf(packet)));
  const begin = texts.indexOf('packfile');
  // Before it the server tells what it has in common, and whether that is enough.
  if (texts[0] !== 'acknowledgments' || begin < 0 || !texts.slice(0, begin).includes('ready')) return undefined;
  const pieces: Buffer[] = [];
  for (const packet of packets.slice(begin + 1)) {
    if (packet === 'flush') return pieces.length === 0 ? undefined : Buffer.concat(pieces);
    if (typeof packet === 'string') return undefined;
    if (packet[0] === DATA) pieces.push(packet.subarray(1));
    else if (packet[0] !== PROGRESS) return undefined;
  }
  return undefined;
}
