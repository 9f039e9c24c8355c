import { credentialsAdvice } from '../credentials-advice.ts';
import { hostKeyAdvice, type HostKeys } from './host-keys.ts';
import { GitError } from './git-error.ts';
import type { GitErrorCode } from './port.ts';
import type { CleanRemote } from './remote-url.ts';

interface Rule {
  pattern: RegExp;
  code: GitErrorCode;
  advice: string;
}

/** First match wins. Git is run with English messages. */
const RULES: readonly Rule[] = [
  {
    pattern:
      /^\s*!\s+.*\[(?:remote )?rejected\].*\((?:non-fast-forward|fetch first|stale info|cannot lock ref.*|incorrect old value provided|failed to update ref|.*reference already exists.*)\)\s*$/m,
    code: 'rejected',
    advice: 'the remote branch has moved; integrate its commits and push again',
  },
  {
    pattern: /^\s*!\s+.*\[(?:remote )?rejected\]/m,
    code: 'refused',
    advice: 'the remote refuses this push; check its branch protection and hooks',
  },
  {
    pattern: /does not support (?:shallow|--depth|--deepen)|transport does not support shallow/i,
    code: 'invalid',
    advice: 'this server does not hand out a part of a history; leave out depth of git-clone',
  },
  {
    pattern:
      /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied|Access denied|returned error: 40[13]|Invalid username or (?:password|token)|invalid credentials|Load key .*(?:invalid|error)/i,
    code: 'authentication',
    advice: 'check the credentials of this repository',
  },
  {
    pattern:
      /repository .*not found|returned error: 404|does not appear to be a git repository|does not exist|couldn't find remote ref|Could not find remote branch/i,
    code: 'notFound',
    advice: 'check the URL, and whether the credentials may see the repository',
  },
  {
    pattern:
      /Could not resolve (?:host|proxy)|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out|closed)|timed out|Operation too slow|returned error: (?:408|429|5\d\d)|RPC failed|unexpected disconnect|early EOF|hung up|Empty reply|ssh: connect to host|kex_exchange|Network is unreachable|No route to host|transfer closed|unable to access.*(?:error: 5\d\d)/i,
    code: 'unreachable',
    advice: 'the server cannot be reached or has trouble; it is worth trying again',
  },
  {
    pattern: /invalid path '|invalid object name|is in submodule '/i,
    code: 'invalid',
    advice: 'the repository holds a path that is not safe to check out; remove it there',
  },
  {
    pattern: /SSL|certificate|TLS/,
    code: 'unreachable',
    advice: 'its certificate is not trusted; add its authority to the system, or set insecureSkipTLSVerify for this repository',
  },
  {
    pattern: /CONFLICT|could not apply|Merge conflict/i,
    code: 'conflict',
    advice: 'the same lines were changed on both sides; promote again from the new state',
  },
];

/** The error for a git command that exited with a failure, classified by what it said. */
export function gitFailure(action: string, output: string, remote?: CleanRemote, hostKeys?: HostKeys): GitError {
  const stranger = remote === undefined || hostKeys === undefined ? undefined : hostKeyAdvice(output, remote, hostKeys);
  if (stranger !== undefined) return new GitError('authentication', `could not ${action}: ${stranger}`);
  const rule = RULES.find(({ pattern }) => pattern.test(output));
  const advice = rule?.code === 'authentication' && remote !== undefined ? adviceFor(remote) : rule?.advice;
  const words = lastWords(output);
  return new GitError(
    rule?.code ?? 'failed',
    `could not ${action}: ${advice === undefined ? '' : `${advice}; `}git said: ${words === '' ? 'nothing' : words}`,
  );
}

function adviceFor({ url, credentials: { password, sshPrivateKey, source } }: CleanRemote): string {
  const hasCredentials = password !== undefined || sshPrivateKey !== undefined;
  return credentialsAdvice({ type: 'git', repository: url, hasCredentials, source });
}

/** The lines worth showing, newest last, at most 600 characters. */
function lastWords(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:hint:|To |Done$|remote:\s*$)/.test(line));
  return lines.slice(-6).join(' | ').slice(-600);
}
