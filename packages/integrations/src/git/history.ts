/** What git prints about commits and tags, and how it is read. */
import { timestamp } from '@kargo/kube';
import type { CommitInfo, GitIdentity, HistoryCommit, LocalCommit, TagInfo } from './port.ts';

function parseCommit(entry: string): CommitInfo {
  const [id = '', seconds = '0', author = '', committer = '', ...message] = entry.split('\n');
  return { id, subject: (message[0] ?? '').trim(), author, committer, committedAt: timestamp(Number(seconds) * 1000) };
}

/** Arguments of `git log` for {@link parseHistory}; `--name-only` adds the paths. */
export const HISTORY_ARGS: readonly string[] = [
  'log',
  '-z',
  '--first-parent',
  '-m',
  '--root',
  '--no-renames',
  '--no-show-signature',
  '--format=//%H%n%P%n%ct%n%an <%ae>%n%cn <%ce>%n%B',
];

/** Commits with their first parents. Paths never begin with slashes, which is how they are told from commits. */
export function parseHistory(output: string, withPaths: boolean): HistoryCommit[] {
  const commits: HistoryCommit[] = [];
  let paths: string[] = [];
  for (const token of output.split('\0')) {
    if (token.startsWith('//')) {
      const [id = '', parents = '', ...rest] = token.slice(2).split('\n');
      paths = [];
      const commit = parseCommit([id, ...rest].join('\n'));
      const [parent = ''] = parents.split(' ');
      commits.push({ ...commit, ...(parent === '' ? {} : { parent }), ...(withPaths ? { paths } : {}) });
    } else if (token !== '') paths.push(paths.length === 0 && token.startsWith('\n') ? token.slice(1) : token);
  }
  return commits;
}

/** Arguments of `git log` for {@link parseChangedPaths}; the commits come from its input. Paths never begin with slashes. */
export const CHANGED_PATHS_ARGS: readonly string[] = [
  'log',
  '--no-walk=unsorted',
  '--stdin',
  '-m',
  '--first-parent',
  '--root',
  '--no-renames',
  '--no-show-signature',
  '--name-only',
  '-z',
  '--format=//%H',
];

/** Commit → paths. */
export function parseChangedPaths(output: string): Map<string, string[]> {
  const out = new Map<string, string[]>();
  let paths: string[] = [];
  for (const token of output.split('\0')) {
    if (token.startsWith('//')) {
      paths = [];
      out.set(token.slice(2), paths);
    } else if (token !== '') paths.push(paths.length === 0 && token.startsWith('\n') ? token.slice(1) : token);
  }
  return out;
}

const TAG_FIELDS = [
  'refname:lstrip=2',
  'objecttype',
  'objectname',
  '*objecttype',
  '*objectname',
  'creatordate:unix',
  'authorname',
  'authoremail',
  '*authorname',
  '*authoremail',
  'committername',
  'committeremail',
  '*committername',
  '*committeremail',
  'taggername',
  'taggeremail',
  'contents',
  '*contents:subject',
  'contents:subject',
] as const;

/** Format of `git for-each-ref` that {@link parseTags} reads. */
export const TAG_FORMAT: string = TAG_FIELDS.map((field) => `%(${field})%00`).join('');

/** Tags that lead to commits, in the order of the output. Text in annotations can hold whatever git lets in, which is no zero byte. */
export function parseTags(output: string): TagInfo[] {
  const values = output.split('\0');
  const tags: TagInfo[] = [];
  for (let at = 0; at + TAG_FIELDS.length < values.length; at += TAG_FIELDS.length) {
    const field = (name: (typeof TAG_FIELDS)[number]): string => values[at + TAG_FIELDS.indexOf(name)] ?? '';
    const annotated = field('objecttype') === 'tag';
    if ((annotated ? field('*objecttype') : field('objecttype')) !== 'commit') continue;
    tags.push({
      name: field('refname:lstrip=2').replace(/^\n/, ''),
      id: field(annotated ? '*objectname' : 'objectname'),
      subject: field(annotated ? '*contents:subject' : 'contents:subject'),
      author: who(field(annotated ? '*authorname' : 'authorname'), field(annotated ? '*authoremail' : 'authoremail')),
      committer: who(
        field(annotated ? '*committername' : 'committername'),
        field(annotated ? '*committeremail' : 'committeremail'),
      ),
      createdAt: timestamp(Number(field('creatordate:unix')) * 1000),
      ...(annotated
        ? { tagger: who(field('taggername'), field('taggeremail')), annotation: withoutSignature(field('contents')).trim() }
        : {}),
    });
  }
  return tags;
}

function who(name: string, email: string): string {
  return [name, email].filter((part) => part !== '').join(' ');
}

function withoutSignature(message: string): string {
  const at = message.search(/^-----BEGIN (?:PGP|SSH) SIGNATURE-----/m);
  return at < 0 ? message : message.slice(0, at);
}

/** Reads `git rev-list --header`: raw commits, each after its id. `trusted` are the ids whose signatures are to be trusted. */
export function parseRawCommits(output: string, trusted: ReadonlySet<string>): LocalCommit[] {
  return output
    .split('\0')
    .filter((entry) => entry.trim() !== '')
    .map((entry) => {
      const end = entry.indexOf('\n\n');
      const [id = '', ...headers] = entry.slice(0, end < 0 ? entry.length : end).split('\n');
      const values = (name: string): string[] =>
        headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
      const author = parseSignatureLine(values('author')[0] ?? '');
      const committer = parseSignatureLine(values('committer')[0] ?? '');
      const signed = headers.some((line) => line.startsWith('gpgsig'));
      return {
        id,
        parents: values('parent'),
        tree: values('tree')[0] ?? '',
        // rev-list indents messages.
        message: end < 0 ? '' : entry.slice(end + 2).replaceAll(/^ {4}/gm, ''),
        author: author.identity,
        committer: committer.identity,
        authoredAt: author.at,
        committedAt: committer.at,
        signature: !signed ? 'unsigned' : trusted.has(id) ? 'trusted' : 'untrusted',
      };
    });
}

/** `Name <email> seconds zone`, leniently: without angle brackets everything is the name. */
function parseSignatureLine(line: string): { identity: GitIdentity; at: string } {
  const match = /^(.*?) ?<([^>]*)> ?(\d+)? ?([+-]\d{4})?$/.exec(line);
  return {
    identity: { name: (match?.[1] ?? line).trim(), email: match?.[2] ?? '' },
    at: timestamp(Number(match?.[3] ?? 0) * 1000),
  };
}
