import type { GitServer } from '@kargo/integrations/testing';

const FILES = 2000;

/** Makes the repository `large`: 2,000 files on main, in so many commits, and a branch of a stage with one file. All in one pack. */
export async function makeLargeRepository(server: GitServer, commits: number): Promise<void> {
  await server.createRepository('large');
  await server.gitWith('large', { input: history(commits) }, 'fast-import', '--quiet', '--done', '--date-format=raw');
  await server.commit('large', { branch: 'stage/test', message: 'Initial commit', files: { 'manifests.yaml': 'run: none\n' } });
  await server.git('large', 'repack', '-a', '-d', '-q');
}

/** A history as applications have it: every commit changes one or two of the files. */
function history(commits: number): string {
  const file = (index: number): string => `apps/${index % 40}/team-${index % 7}/${index}.yaml`;
  const content = (index: number, version: number): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-${index}\ndata:\n  version: "${version}"\n${'  key: value of this file\n'.repeat(20)}`;
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const parts: string[] = [];
  for (let commit = 0; commit < commits; commit += 1) {
    const who = `Developer <developer@example.com> ${1_600_000_000 + commit * 600} +0000`;
    parts.push(`commit refs/heads/main\nauthor ${who}\ncommitter ${who}\n${data(`Change ${commit}`)}`);
    const changed =
      commit === 0 ? Array.from({ length: FILES }, (_, index) => index) : [(commit * 7) % FILES, (commit * 13) % FILES];
    for (const index of new Set(changed)) parts.push(`M 100644 inline ${file(index)}\n${data(content(index, commit))}`);
  }
  return `${parts.join('')}done\n`;
}
