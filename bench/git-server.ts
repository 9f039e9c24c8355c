/** A git server in a process of its own, as remotes are: what it costs is not taken from the process that is measured. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startGitServer } from '@kargo/integrations/testing';

/** Serves the repositories in a folder. `url` is that of the server, without a slash at the end. */
export async function serveApart(directory: string): Promise<{ url: string; close: () => void }> {
  const child = fork(import.meta.filename, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [url] = (await once(child, 'message')) as [string];
  return { url, close: () => void child.kill() };
}

const [, script, directory] = process.argv;
if (script === import.meta.filename && directory !== undefined) {
  const server = await startGitServer({ directory });
  process.on('disconnect', () => process.exit(0));
  process.send?.(server.url);
}
