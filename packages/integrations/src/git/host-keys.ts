import type { CleanRemote } from './remote-url.ts';
import { hostOf } from './remote-url.ts';

/**
 * What becomes of hosts over SSH whose keys nobody has named: `TrustOnFirstUse` takes the key that a host shows first and refuses every
 * other one later, `Strict` refuses such hosts, `Off` recognises no host at all.
 */
export const HOST_KEY_POLICIES = ['TrustOnFirstUse', 'Strict', 'Off'] as const;
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

/** How hosts over SSH are recognised. */
export interface HostKeys {
  policy: HostKeyPolicy;
  /** A known_hosts file of the installation; hosts in it must show a key that it names. */
  knownHostsFile?: string | undefined;
  /** Where the keys of hosts are kept that were trusted on first use. */
  learnedFile: string;
}

/** Options of ssh, as words of a shell. `pinned` is the file with the keys that the credentials themselves name; nothing else counts then. */
export function sshOptions({ policy, knownHostsFile, learnedFile }: HostKeys, pinned: string | undefined): string[] {
  if (pinned !== undefined) return options('yes', pinned, undefined);
  if (policy === 'Off') return options('no', undefined, undefined);
  if (policy === 'Strict') return options('yes', undefined, knownHostsFile);
  return options('accept-new', learnedFile, knownHostsFile);
}

function options(checking: string, user: string | undefined, installation: string | undefined): string[] {
  return [
    `-o StrictHostKeyChecking=${checking} -o HashKnownHosts=no -o UpdateHostKeys=no`,
    `-o ${shellQuoted(`UserKnownHostsFile=${sshQuoted(user)}`)} -o ${shellQuoted(`GlobalKnownHostsFile=${sshQuoted(installation)}`)}`,
  ];
}

/** As one word of a shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** As one file name of an option of ssh, which splits at blanks. */
function sshQuoted(file: string | undefined): string {
  return file === undefined ? '/dev/null' : `"${file}"`;
}

/** Why ssh does not talk to a host that it cannot recognise, and what to do; absent if that is not what happened. */
export function hostKeyAdvice(output: string, { url, credentials }: CleanRemote, { policy }: HostKeys): string | undefined {
  if (!/^Host key verification failed/m.test(output)) return undefined;
  const host = hostOf(url);
  const { source, knownHosts } = credentials;
  const shown = /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?\s*$/m.exec(output);
  const secret = source === undefined ? 'the credentials' : `Secret ${source.namespace}/${source.name}`;
  if (/HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/i.test(output)) {
    const what = shown === null ? '' : `: it shows the ${shown[1] ?? ''} key ${shown[2] ?? ''}`;
    const where =
      knownHosts !== undefined
        ? `put its new key into the key knownHosts of ${secret}`
        : 'put its new key into the key knownHosts of the Secret or into the file SSH_KNOWN_HOSTS_PATH, or remove its lines from mirrors/private/known_hosts in the data folder';
    return `the SSH host key of ${host} is not the one that is known${what}. Somebody may be in between: find out first. If the host has really got a new key, ${where}`;
  }
  const why =
    knownHosts !== undefined
      ? `knownHosts of ${secret} names no key of it`
      : policy === 'Strict'
        ? 'its key is not known, and this installation talks to known hosts only'
        : 'its key could not be checked';
  return `the SSH host ${host} is not recognised: ${why}. Put the line that ssh-keyscan prints for it, once checked, into the key knownHosts of the Secret, or into the file SSH_KNOWN_HOSTS_PATH of the installation`;
}
