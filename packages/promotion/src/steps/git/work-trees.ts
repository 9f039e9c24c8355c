/** What later steps must know about a work tree that git-clone made; kept in the workspace, so that it survives with it. */
import { relative } from 'node:path';
import type { GitIdentity, GitRemote, Workspace, WorkTree } from '@kargo/integrations';
import type { StepContext, StepPorts } from '../../step.ts';
import { stepState } from '../step-state.ts';
import { systemIdentity } from './system-identity.ts';

interface KnownTree {
  /** Of the work tree, relative to the workspace. */
  path: string;
  /** Of the step that cloned. */
  alias?: string | undefined;
  /** What earlier releases wrote instead: the folder of its repository, relative to the workspace. */
  home?: string | undefined;
  repoURL: string;
  insecureSkipTLSVerify?: boolean | undefined;
  /** Of the commits made here, with the key they are signed with; the system user if absent. */
  author?: GitIdentity | undefined;
}

const FILE = 'work-trees.json';

/** The absolute path of the folder of a clone's repositories and settings. */
export async function homeOf(workspace: Workspace, alias: string): Promise<string> {
  const { folder, prefix } = await stepState(workspace);
  return folder.resolve(`${prefix}git/${encodeURIComponent(alias)}`);
}

/** Records a work tree; one recorded before at the same place is replaced. */
export async function rememberWorkTree(workspace: Workspace, tree: KnownTree): Promise<void> {
  const { folder, prefix } = await stepState(workspace);
  const known = await knownTrees(workspace);
  const others = known.filter(({ path }) => path !== tree.path);
  await folder.writeFile(`${prefix}${FILE}`, JSON.stringify([...others, tree]));
}

/** The remote of a repository, with the credentials of the project for it. */
export async function remoteOf(
  context: Pick<StepContext<unknown>, 'project'>,
  { credentials }: Pick<StepPorts, 'credentials'>,
  repoURL: string,
  insecureSkipTLSVerify: boolean | undefined,
): Promise<GitRemote> {
  const found = await credentials.find({ project: context.project, type: 'git', repoURL });
  return {
    url: repoURL,
    ...(found === undefined
      ? {}
      : {
          credentials: {
            username: found.username,
            password: found.password,
            sshPrivateKey: found.sshPrivateKey,
            knownHosts: found.knownHosts,
            source: found.source,
            identity: found.identity,
            renew: found.renew,
          },
        }),
    ...(insecureSkipTLSVerify === true ? { insecureSkipTLSVerify } : {}),
  };
}

/** Opens the work tree at a path given by the user, or fails saying that no git-clone made one there. */
export async function openWorkTree(
  context: StepContext<unknown>,
  ports: StepPorts,
  path: string,
): Promise<{ tree: WorkTree; repoURL: string; remote: GitRemote }> {
  const { workspace } = context;
  const place = await relativePath(workspace, path);
  const known = (await knownTrees(workspace)).find((tree) => tree.path === place);
  if (known === undefined || !(await workspace.exists(path)))
    throw new Error(`there is no Git working tree at "${path}"; use the path of a checkout of an earlier git-clone step`);
  const remote = await remoteOf(context, ports, known.repoURL, known.insecureSkipTLSVerify);
  const home = known.alias === undefined ? await workspace.resolve(known.home ?? '') : await homeOf(workspace, known.alias);
  const author = known.author ?? (await systemIdentity(ports, context.signal));
  const tree = await ports.git.open(await workspace.resolve(path), { remote, home, author });
  return { tree, repoURL: known.repoURL, remote };
}

/** A user's path relative to the root, after everything that resolving does to it. */
export async function relativePath(workspace: Workspace, path: string): Promise<string> {
  return relative(workspace.root, await workspace.resolve(path));
}

async function knownTrees(workspace: Workspace): Promise<KnownTree[]> {
  const { folder, prefix } = await stepState(workspace);
  const file = `${prefix}${FILE}`;
  if (!(await folder.exists(file))) return [];
  return JSON.parse(Buffer.from(await folder.readFile(file)).toString('utf8')) as KnownTree[];
}
