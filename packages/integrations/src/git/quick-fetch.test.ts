/** Fetching without the git program: what comes of it is what git would have fetched, and where it cannot be done git fetches. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Http, HttpRequest, HttpResponse } from '../http/port.ts';
import { realHttp } from '../http/real-http.ts';
import type { Processes } from '../process/port.ts';
import { realProcesses } from '../process/real-processes.ts';
import { startGitServer, type GitServer } from '../testing/git-server.ts';
import { readPackets, writePackets } from './packet-lines.ts';
import { realGit } from './real-git.ts';

let server: GitServer;
let folder: string;
const network = realHttp();
const sent: HttpRequest[] = [];
/** What becomes of an answer on its way. */
let tamper: ((request: HttpRequest, answer: HttpResponse) => HttpResponse) | undefined;
const http: Http = {
  async send(request) {
    sent.push(request);
    const answer = await network.send(request);
    return tamper?.(request, answer) ?? answer;
  },
};
const commands: string[] = [];
const real = realProcesses();
const processes: Processes = {
  run: (request) => {
    commands.push(request.args.find((arg, index) => !arg.startsWith('-') && request.args[index - 1] !== '-c') ?? '');
    return real.run(request);
  },
};
let made = 0;

beforeAll(async () => {
  server = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'quick-fetch-'));
});
afterAll(async () => {
  network.close();
  await server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A repository with a warm mirror, and what the mirror knows of it at any time. */
async function warm() {
  const name = `repo-${(made += 1)}`;
  const url = await server.createRepository(name, { 'a.txt': 'a\n', 'b.txt': 'b\n' });
  await server.commit(name, { branch: 'topic/x', message: 'Topic', files: { topic: '1' } });
  await server.tag(name, 'v1', 'main');
  const git = realGit({ processes, clock: systemClock, directory: join(folder, name), http });
  const look = async () => {
    const head = await git.commits({ url }, { branch: 'main', limit: 100 });
    const tags = await git.tags({ url });
    return { subjects: head.map(({ subject }) => subject), tags: tags.map((tag) => `${tag.name} ${tag.id}`).toSorted() };
  };
  const truth = async () => {
    const subjects = (await server.log(name, 'main')).map(({ message }) => message.split('\n')[0]);
    const tags = await server.git(name, 'for-each-ref', '--format=%(refname:lstrip=2) %(objectname) %(*objectname)', 'refs/tags');
    const lines = tags.split('\n').filter((line) => line !== '');
    return {
      subjects,
      tags: lines.map((line) =>
        line
          .trim()
          .split(' ')
          .toSpliced(1, line.trim().split(' ').length - 2)
          .join(' '),
      ),
    };
  };
  const branches = async () => {
    const asked = server.git(name, 'for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads');
    const names = (await asked).split('\n').filter((line) => line !== '');
    for (const line of names) {
      const [branch = '', id = ''] = line.split(' ');
      expect((await git.commits({ url }, { branch, limit: 1 }))[0]?.id).toBe(id);
    }
    return names.map((line) => line.split(' ')[0]);
  };
  await look();
  // From here on the server is known.
  await look();
  commands.length = 0;
  sent.length = 0;
  return { name, url, git, look, truth, branches };
}

const annotation = { message: 'Second', tagger: { name: 'T', email: 't@t' }, date: 1_700_000_000_000 };

describe('what has changed at a remote is fetched without the git program', () => {
  it.each<[string, (name: string) => Promise<unknown>]>([
    ['nothing', async () => undefined],
    ['a commit', (name) => server.commit(name, { message: 'More', files: { 'a.txt': 'more\n' } })],
    [
      'a new branch',
      async (name) => {
        await server.git(name, 'update-ref', 'refs/heads/new/one', 'main');
        await server.commit(name, { branch: 'new/one', message: 'One', files: { one: '1' } });
      },
    ],
    ['a new tag', (name) => server.tag(name, 'v2', 'topic/x', annotation)],
    ['a tag that was moved', (name) => server.tag(name, 'v1', 'topic/x')],
    ['a branch that is gone', (name) => server.git(name, 'update-ref', '-d', 'refs/heads/topic/x')],
    ['a tag that is gone', (name) => server.git(name, 'update-ref', '-d', 'refs/tags/v1')],
    ['a branch that went back', (name) => server.git(name, 'update-ref', 'refs/heads/topic/x', 'main')],
    [
      'a branch that was written anew',
      async (name) => {
        const commit = await server.git(name, 'commit-tree', '-m', 'Anew', '-p', 'main', 'topic/x^{tree}');
        await server.git(name, 'update-ref', 'refs/heads/topic/x', commit.trim());
      },
    ],
    [
      'several at once',
      async (name) => {
        await server.commit(name, { message: 'More', files: { 'a.txt': null, c: '1' } });
        await server.commit(name, { branch: 'topic/x', message: 'Topic again', files: { topic: '2' } });
        await server.tag(name, 'v3', 'main', annotation);
        await server.git(name, 'update-ref', '-d', 'refs/tags/v1');
      },
    ],
  ])('%s', async (_, change) => {
    const { name, look, truth, branches } = await warm();
    await change(name);
    expect(await look()).toEqual(await truth());
    expect((await branches()).length).toBeGreaterThan(0);
    expect(commands).not.toContain('fetch');
    expect(sent.every(({ url }) => url.endsWith('/git-upload-pack'))).toBe(true);
  });
});

describe('git fetches', () => {
  const body = (text: string) => (answer: HttpResponse) => ({ ...answer, body: Buffer.from(text) });
  const isFetch = ({ body: said }: HttpRequest): boolean => String(said).includes('command=fetch');
  it.each<[string, (request: HttpRequest, answer: HttpResponse) => HttpResponse]>([
    ['where the server refuses', (_, answer) => ({ ...answer, status: 403 })],
    ['where it leads elsewhere', (_, answer) => ({ ...answer, status: 302, headers: { location: 'http://elsewhere.example' } })],
    ['where something else answers', (_, answer) => ({ ...answer, headers: { 'content-type': 'text/html' } })],
    ['where the answer is no frames', (_, answer) => body('<html>')(answer)],
    ['where the answer ends too early', (_, answer) => ({ ...answer, body: answer.body.subarray(0, answer.body.length - 4) })],
    ['where a reference is no reference', (_, answer) => body(writePackets([{ line: 'x refs/heads/main' }, 'flush']))(answer)],
    [
      'where there is not enough in common',
      (request, answer) =>
        isFetch(request) ? body(writePackets([{ line: 'acknowledgments' }, { line: 'NAK' }, 'flush']))(answer) : answer,
    ],
    [
      'where the pack is damaged',
      (request, answer) => {
        if (!isFetch(request)) return answer;
        const copy = Buffer.from(answer.body);
        copy[copy.length - 20] = (copy.at(-20) ?? 0) ^ 1;
        return { ...answer, body: copy };
      },
    ],
  ])('%s', async (_, how) => {
    const { name, look, truth } = await warm();
    await server.commit(name, { message: 'More', files: { 'a.txt': 'more\n' } });
    tamper = how;
    try {
      expect(await look()).toEqual(await truth());
    } finally {
      tamper = undefined;
    }
    expect(commands).toContain('fetch');
  });

  it('where a pack lacks what its commits consist of', async () => {
    const { name, look, truth } = await warm();
    const other = await warm();
    const commit = await server.commit(other.name, { message: 'Other', files: { other: '1' } });
    let pack: HttpResponse | undefined;
    tamper = (request, answer) => {
      if (isFetch(request)) pack = answer;
      return answer;
    };
    await other.look();
    await server.commit(name, { message: 'More', files: { 'a.txt': 'more\n' } });
    commands.length = 0;
    tamper = (request, answer) => (isFetch(request) && pack !== undefined ? pack : answer);
    try {
      expect(await look()).toEqual(await truth());
    } finally {
      tamper = undefined;
    }
    expect(commands).toContain('fetch');
    expect((await look()).subjects).not.toContain(commit);
  });

  it('where a branch takes the place of a folder of branches', async () => {
    const { name, branches } = await warm();
    const id = (await server.git(name, 'rev-parse', 'topic/x')).trim();
    await server.git(name, 'update-ref', '-d', 'refs/heads/topic/x');
    await server.git(name, 'update-ref', 'refs/heads/topic', id);
    expect(await branches()).toEqual(['main', 'topic']);
  });

  it('a branch that has nothing in common with the others, and what comes after it is fetched without', async () => {
    const { name, branches } = await warm();
    await server.commit(name, { branch: 'stage/new', message: 'Initial commit', files: {} });
    expect(await branches()).toContain('stage/new');
    expect(commands).toContain('fetch');
    commands.length = 0;
    await server.commit(name, { branch: 'stage/new', message: 'More', files: { x: '1' } });
    expect(await branches()).toContain('stage/new');
    expect(commands).not.toContain('fetch');
  });

  it('for some time where the server did not answer as it should', async () => {
    const { name, look } = await warm();
    tamper = (_, answer) => ({ ...answer, status: 500 });
    await look();
    tamper = undefined;
    const before = sent.length;
    await server.commit(name, { message: 'More', files: { x: '1' } });
    await look();
    expect(sent.length).toBe(before);
  });
});

it('reads frames, and nothing that only looks like them', () => {
  const text = writePackets([{ line: 'one' }, 'delimiter', { line: 'zwei ä' }, 'flush']);
  expect(readPackets(Buffer.from(text))?.map(String)).toEqual(['one\n', 'delimiter', 'zwei ä\n', 'flush']);
  for (const broken of ['000', 'zzzz', '0003', '0009abc', '-004']) expect(readPackets(Buffer.from(broken))).toBeUndefined();
});
