import { compileGlob, ParseError, type Glob } from '@kargo/gocompat';
import { TerminalStepError } from '../../step.ts';

/** Which paths below a folder are left out. Paths are relative to the folder, without a slash at the ends. */
export interface IgnoreRules {
  /** Whether the path itself, or a folder above it, is ignored. */
  ignores(path: string, isFolder: boolean): boolean;
}

interface Rule {
  negated: boolean;
  foldersOnly: boolean;
  /** Whether the whole path is compared, or its last part alone. */
  anchored: boolean;
  matches: (path: string) => boolean;
}

const MAX_LENGTH = 64 * 1024;

/**
 * Compiles the patterns of a .gitignore file, one a line. Matching takes time linear in the path, whatever the pattern: this is why it
 * stands on {@link compileGlob} and not on regular expressions that backtrack. Fails for good if a pattern is malformed.
 */
export function compileIgnoreRules(text: string): IgnoreRules {
  if (text.length > MAX_LENGTH)
    throw new TerminalStepError(`ignore is longer than ${MAX_LENGTH} characters`, { status: 'Failed' });
  const rules = text.split(/\r?\n/).flatMap((line) => ruleOf(line) ?? []);
  const folders = new Map<string, boolean>();
  const decide = (path: string, isFolder: boolean): boolean => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const rule = rules.findLast((each) => (isFolder || !each.foldersOnly) && each.matches(each.anchored ? path : name));
    return rule !== undefined && !rule.negated;
  };
  const ignoresFolder = (path: string): boolean => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const ignored = isBelowIgnored(path) || decide(path, true);
    folders.set(path, ignored);
    return ignored;
  };
  // Nothing in an ignored folder can be taken back.
  const isBelowIgnored = (path: string): boolean => {
    const slash = path.lastIndexOf('/');
    return slash > 0 && ignoresFolder(path.slice(0, slash));
  };
  return {
    ignores: (path, isFolder) => (isFolder ? ignoresFolder(path) : isBelowIgnored(path) || decide(path, false)),
  };
}

function ruleOf(line: string): Rule | undefined {
  let pattern = withoutTrailingBlanks(line);
  if (pattern === '' || pattern.startsWith('#')) return undefined;
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes('/');
  pattern = pattern.replace(/^\//, '');
  if (pattern === '') return undefined;
  return { negated, foldersOnly, anchored, matches: matcherOf(pattern, line) };
}

function matcherOf(pattern: string, line: string): (path: string) => boolean {
  if (!/[*?[\\]/.test(pattern)) return (path) => path === pattern;
  const glob = compiled(globOf(pattern), line);
  return (path) => glob.matches(path);
}

/** The pattern in the language of globs: braces mean nothing in ignore files, and a final `**` wants something inside. */
function globOf(pattern: string): string {
  const literal = pattern.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\\\]])+\]|[{}]/g, (piece) =>
    /^[{}]$/.test(piece) ? `\\${piece}` : piece,
  );
  return literal === '**' ? '**' : literal.replace(/\/\*\*$/, '/**/*');
}

function compiled(glob: string, line: string): Glob {
  try {
    return compileGlob(glob);
  } catch (error) {
    if (error instanceof ParseError)
      throw new TerminalStepError(`ignore: ${JSON.stringify(line)} is not a pattern: ${error.message}`, {
        status: 'Failed',
        cause: error,
      });
    throw error;
  }
}

/** Blanks at the end count only behind a backslash. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && /[ \t]/.test(line.charAt(end - 1))) {
    if (line.charAt(end - 2) === '\\') break;
    end -= 1;
  }
  return line.slice(0, end);
}
