import type { CommandEntry } from './command.ts';

/** Flags that take no value; all others do. Needed to find a command's name among flags that stand before it. */
export const SWITCHES: ReadonlySet<string> = new Set([
  '-R',
  '-h',
  '-k',
  '-w',
  '--abort',
  '--admin',
  '--allow-credentials-over-http',
  '--analysis',
  '--as-kubernetes-resources',
  '--client',
  '--default',
  '--device',
  '--dry-run',
  '--follow',
  '--git',
  '--gitops-agent',
  '--helm',
  '--help',
  '--image',
  '--insecure-skip-tls-verify',
  '--jsonl',
  '--kubeconfig',
  '--no-analysis',
  '--no-browser',
  '--no-crds',
  '--no-headers',
  '--no-leader-election',
  '--password-stdin',
  '--preview',
  '--raw',
  '--recursive',
  '--regex',
  '--shared',
  '--show-managed-fields',
  '--sso',
  '--strict',
  '--system',
  '--token-stdin',
  '--wait',
  '--cluster',
  '--watch',
]);

/** Spells flags as the parser wants them: `-o=yaml` as `-o yaml`, `--wait=true` as `--wait`, and `help get` as `get --help`. */
export function spellOut(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const tokens = [...flags.flatMap(spell), ...(end === -1 ? [] : argv.slice(end))];
  return tokens[0] === 'help' ? [...tokens.slice(1), '--help'] : tokens;
}

function spell(token: string): string[] {
  const short = /^(-[A-Za-z])=(.*)$/s.exec(token);
  if (short !== null) return [short[1] ?? '', short[2] ?? ''];
  const [, name = '', value = ''] = /^(--[a-z-]+)=(true|false)$/.exec(token) ?? [];
  if (!SWITCHES.has(name)) return [token];
  return value === 'true' ? [name] : [];
}

/**
 * Takes the first word that is neither a flag nor a flag's value. If it names one of `entries`, gives that entry and the tokens
 * without the word; else the word alone, or nothing where there is none.
 */
export function takeCommand(
  tokens: readonly string[],
  entries: readonly CommandEntry[],
): { word?: string; entry?: CommandEntry; rest: string[] } {
  for (let i = 0; i < tokens.length && tokens[i] !== '--'; i += 1) {
    const token = tokens[i] ?? '';
    if (!token.startsWith('-') || token === '-') {
      const entry = entries.find(({ name, aliases = [] }) => name === token || aliases.includes(token));
      return entry === undefined ? { word: token, rest: [...tokens] } : { word: token, entry, rest: tokens.toSpliced(i, 1) };
    }
    const carriesValue = token.includes('=') || /^-[A-Za-z]./.test(token);
    if (!SWITCHES.has(token) && !carriesValue) i += 1;
  }
  return { rest: [...tokens] };
}
