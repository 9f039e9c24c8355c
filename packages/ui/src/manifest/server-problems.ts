import { parsePath, type Path } from './path.ts';

/** What a server says is wrong with a manifest. */
export interface ServerProblem {
  /** Where; undefined: of the whole. */
  path: Path | undefined;
  /** Line and column, both from 1, if the text cannot be read. */
  at?: { line: number; column: number } | undefined;
  message: string;
}

const FIELD = String.raw`(?:spec|metadata|data|stringData|apiVersion|kind|rules|config)(?:[.[][^\s:]*)?`;

/** Takes the text of a refusal apart: one problem for each field that it names. */
export function serverProblems(text: string): ServerProblem[] {
  const position = /at line (\d+), column (\d+)/.exec(text);
  if (position !== null)
    return [{ path: undefined, at: { line: Number(position[1]), column: Number(position[2]) }, message: text }];
  const unknown = [...text.matchAll(/unknown field "([^"]+)"(, did you mean "[^"]*"\?)?/g)];
  if (unknown.length > 0)
    return unknown.map(([, field = '', more = '']) => ({
      path: parsePath(field),
      message: sentence(`there is no field ${field} here${more}`),
    }));
  const [, listed = ''] = /is invalid: (.*)$/s.exec(text) ?? [];
  const list = listed.startsWith('[') && listed.endsWith(']') ? listed.slice(1, -1) : listed;
  const parts = list.split(new RegExp(String.raw`(?:^|, )(?=${FIELD}: )`, 'g')).filter((part) => part !== '');
  const problems = parts.flatMap((part) => {
    const [, field = '', message = ''] = new RegExp(`^(${FIELD}): (.*)$`, 's').exec(part) ?? [];
    return message === '' ? [] : [{ path: parsePath(field), message: sentence(message) }];
  });
  return problems.length > 0 ? problems : [{ path: undefined, message: sentence(text) }];
}

/** Without the words of the API for kinds of mistakes where a sentence follows that says it. */
function sentence(text: string): string {
  const plain = text
    .replace(
      /^(?:Invalid value|Forbidden|Unsupported value|Required value|Duplicate value)(?:: (?:"(?:[^"\\]|\\.)*"|\{.*?\}|\[.*?\]|[\w.-]+))?: (?=\S)/s,
      '',
    )
    .trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
