/** Git over HTTPS with a password, behind a certificate that nobody has signed; and what a work tree takes on disk. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request as forward } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '@kargo/controlplane';
import { realGit, realProcesses, type Git, type GitRemote } from '@kargo/integrations';
import { startGitServer, type GitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, expect, it } from 'vitest';

const author = { name: 'Kargo', email: 'kargo@example.com' };
let server: GitServer;
let front: Server;
let folder: string;
let git: Git;
let remote: GitRemote;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-https-'));
  const auth = { username: 'robot', password: 's3cret' };
  server = await startGitServer({ auth });
  await server.createRepository('demo', { history: Array.from({ length: 40_000 }, (_, n) => Math.sin(n)).join('\n') });
  await server.commit('demo', { message: 'Smaller', files: { history: null, file: '1' } });
  front = createServer(selfSigned(['127.0.0.1'], Date.now()), (request, response) => {
    const { method, headers, url } = request;
    const onward = forward(`${server.url}${url ?? '/'}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const { port } = front.address() as AddressInfo;
  remote = { url: `https://127.0.0.1:${port}/demo.git`, credentials: auth, insecureSkipTLSVerify: true };
  git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'cache') });
});
afterAll(async () => {
  front?.close();
  front?.closeAllConnections();
  await server?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function checkOut(name: string, from: GitRemote = remote) {
  const clone = await git.clone({ remote: from, home: join(folder, name, 'home'), author });
  return clone.addWorkTree({ path: join(folder, name, 'tree'), ref: { branch: 'main' } });
}

it('promotes over HTTPS with a password, also where nothing but what is new is fetched', async () => {
  for (const round of [1, 2, 3]) {
    const tree = await checkOut(`round-${round}`);
    await writeFile(join(tree.path, 'file'), `round ${round}`);
    await tree.commitChanges({ message: `Round ${round}`, date: round * 1000 });
    expect(await tree.land({ branch: 'main', policy: 'AlwaysRebase', date: 0 })).toBe('landed');
  }
  expect((await server.log('demo', 'main')).map(({ message }) => message).slice(0, 3)).toEqual(['Round 3', 'Round 2', 'Round 1']);
});

it('refuses a certificate that nobody has signed, and a wrong password, by name', async () => {
  const strict = { ...remote, insecureSkipTLSVerify: false };
  await expect(checkOut('strict', strict)).rejects.toMatchObject({ message: expect.stringMatching(/certificate/) as string });
  const wrong = { ...remote, credentials: { username: 'robot', password: 'guess' } };
  const error: unknown = await checkOut('wrong', wrong).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'authentication' });
  expect(String(error)).not.toContain('guess');
});

it('a work tree takes what its files take, however long the history is', async () => {
  await checkOut('one');
  let own = 0;
  let shared = 0;
  for (const entry of await readdir(join(folder, 'one'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { size, nlink } = await stat(join(entry.parentPath, entry.name));
    if (nlink > 1) shared += size;
    else own += size;
  }
  expect(shared).toBeGreaterThan(300_000);
  expect(own).toBeLessThan(5000);
});
