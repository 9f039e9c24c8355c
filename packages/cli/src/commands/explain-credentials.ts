import { CLIError } from '../cli-error.ts';

/** A trace of credentials as the API gives it. */
export interface CredentialsTraceBody {
  summary: string;
  namespaces: string[];
  candidates: { namespace: string; name: string; verdict: string; reason: string }[];
  providers: { name: string; chosen: boolean; reason: string }[];
}

/** What Secrets for a repository are labelled with, told by its address where that is not said. */
export function credentialsType(repoURL: string, given: string | undefined): string {
  if (given !== undefined) return given;
  if (repoURL === '') throw new CLIError('Usage', 'name a repository: kargo explain credentials URL');
  if (/^oci:\/\//i.test(repoURL)) return 'helm';
  return /^(?:https?|ssh):\/\//i.test(repoURL) || /^[^/:]+@[^/:]+:/.test(repoURL) ? 'git' : 'image';
}

const MARKS: Readonly<Record<string, string>> = { chosen: 'used', shadowed: 'next', otherType: 'type', noMatch: 'no' };

/** A trace for people. */
export function credentialsTraceText({ summary, namespaces, candidates, providers }: CredentialsTraceBody): string {
  const lines = [`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`];
  if (namespaces.length > 0) lines.push('', `Secrets, in the order of ${namespaces.join(', ')}:`);
  if (namespaces.length > 0 && candidates.length === 0) lines.push('  there is none that could be meant');
  for (const { namespace, name, verdict, reason } of candidates)
    lines.push(`  ${(MARKS[verdict] ?? verdict).padEnd(4)}  ${namespace}/${name}: ${reason}`);
  if (providers.length > 0) lines.push('', 'Ways to credentials, in their order:');
  for (const { name, chosen, reason } of providers) lines.push(`  ${(chosen ? 'used' : 'no').padEnd(4)}  ${name}: ${reason}`);
  return `${lines.join('\n')}\n`;
}
