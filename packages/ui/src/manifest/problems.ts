import type { Schemas } from '../schemas/schemas.ts';
import { parseManifest, rangeOf, valueOf, type Parsed } from './parse.ts';
import type { Finding } from '../data/manifests.ts';
import { parsePath, pathText, type Path } from './path.ts';
import type { ServerProblem } from './server-problems.ts';
import { validate } from './validate.ts';

/** Something wrong with a text, at its place. */
export interface Problem {
  from: number;
  to: number;
  /** From 1. */
  line: number;
  message: string;
  /** Whose word it is. */
  source: 'yaml' | 'schema' | 'server' | 'lint';
  /** It is odd, but may be saved. */
  isWarning?: boolean | undefined;
  path?: Path | undefined;
  /** What to put there instead. */
  meant?: string | undefined;
}

/** Everything that can be told of a text without asking anybody. */
export function problemsOf(parsed: Parsed, schemas: Schemas | undefined): Problem[] {
  const { documents, problems, lines } = parsed;
  if (problems.length > 0)
    return problems.map((problem) => ({ ...problem, line: lines.linePos(problem.from).line, source: 'yaml' as const }));
  if (schemas === undefined) return [];
  return documents.flatMap((document) =>
    validate(schemas, valueOf(document)).map(({ path, message, isKey, meant }) => {
      const range = rangeOf(document, path, isKey === true ? 'key' : 'value');
      return { ...range, line: lines.linePos(range.from).line, message, source: 'schema' as const, path, meant };
    }),
  );
}

/** What a server said, at the places in the text that it spoke of. */
export function placed(text: string, problems: readonly ServerProblem[]): Problem[] {
  const { documents, lines } = parseManifest(text);
  const [document] = documents;
  return problems.map(({ path, at, message }) => {
    const meant = /did you mean "?([\w.-]+)"?\?/i.exec(message)?.[1];
    if (at !== undefined) {
      const from = Math.min((lines.lineStarts[at.line - 1] ?? 0) + at.column - 1, text.length);
      return { from, to: Math.min(from + 1, text.length), line: at.line, message, source: 'server' as const };
    }
    const range =
      document === undefined || path === undefined
        ? { from: 0, to: 0 }
        : rangeOf(document, path, message.startsWith('There is no field') ? 'key' : 'value');
    return {
      ...range,
      line: path === undefined ? 0 : lines.linePos(range.from).line,
      message,
      source: 'server' as const,
      path,
      ...(meant === undefined ? {} : { meant }),
    };
  });
}

/** What is odd about a text, at its places; without what an error is said of already. */
export function warningsOf(text: string, findings: readonly Finding[], errors: readonly Problem[]): Problem[] {
  const { documents, lines } = parseManifest(text);
  const said = new Set(errors.flatMap(({ path }) => (path === undefined ? [] : [pathText(path)])));
  return findings.flatMap(({ index, field, message, suggestion }): Problem[] => {
    const document = documents[index];
    const path = parsePath(field);
    if (document === undefined || said.has(pathText(path))) return [];
    const range = rangeOf(document, path, 'value');
    return [
      {
        ...range,
        line: lines.linePos(range.from).line,
        message: suggestion === undefined ? message : `${message}; ${suggestion}`,
        source: 'lint',
        isWarning: true,
        path,
        meant: /^did you mean "?([\w.-]+)"?\?$/i.exec(suggestion ?? '')?.[1],
      },
    ];
  });
}

/** Problems of a path or below it, for the field that shows it. */
export function problemsAt(problems: readonly Problem[], path: Path, exactly = true): Problem[] {
  const prefix = pathText(path);
  return problems.filter(({ path: own }) => {
    if (own === undefined) return false;
    const text = pathText(own);
    return text === prefix || (!exactly && (text.startsWith(`${prefix}.`) || text.startsWith(`${prefix}[`)));
  });
}
