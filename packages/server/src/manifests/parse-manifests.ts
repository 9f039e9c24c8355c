import type { KubeObject } from '@kargo/api';
import { parseAllDocuments } from 'yaml';
import { badRequest } from '../http/http-error.ts';

/**
 * The objects of a request body: a stream of YAML documents, a JSON object, several JSON objects one after the other, or a JSON array.
 * Empty documents are skipped, Lists are taken apart. Fails with 400, naming the place.
 */
export function parseManifests(text: string): KubeObject[] {
  const values = /^\s*[[{]/.test(text) ? (parseJson(text) ?? parseYaml(text)) : parseYaml(text);
  const found = values.flatMap(flatten);
  const problems = found.map(objectProblem).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw badRequest(problems.join('; '));
  const objects = found.map((value) => ({ ...(value as KubeObject), metadata: (value as Partial<KubeObject>).metadata ?? {} }));
  if (objects.length === 0) throw badRequest('no resources found in request body');
  return objects;
}

function parseYaml(text: string): unknown[] {
  const documents = parseAllDocuments(text, { merge: true, prettyErrors: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document, index) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const where = documents.length === 1 ? '' : ` (document ${index + 1})`;
      throw badRequest(`the request body cannot be read as YAML${where}: ${problem.message}`, { cause: problem });
    }
    try {
      return document.toJS() as unknown;
    } catch (cause) {
      // Aliases that expand to far more than was sent.
      throw badRequest(`the request body cannot be read as YAML: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  });
}

/** JSON values one after the other, or undefined if the text is something else, such as YAML in flow style. */
function parseJson(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const end = endOfValue(rest);
    if (end === undefined) return undefined;
    try {
      values.push(JSON.parse(rest.slice(0, end)));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
    rest = rest.slice(end).trim();
  }
  return values;
}

/** Where the first object or array of `text` ends. */
function endOfValue(text: string): number | undefined {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      depth--;
      if (depth === 0) return i + 1;
    } else if (depth === 0) return undefined;
  }
  return undefined;
}

function flatten(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(flatten);
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  return kind === 'List' && Array.isArray(items) ? items.flatMap(flatten) : [value];
}

/** Why a value is no resource, if so. */
function objectProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return `the request body holds ${JSON.stringify(value)}, which is no resource`;
  const { apiVersion, kind, metadata } = value as Partial<KubeObject>;
  if (typeof kind !== 'string' || kind === '') return 'a resource in the request body has no kind';
  if (typeof apiVersion !== 'string' || apiVersion === '') return `a ${kind} in the request body has no apiVersion`;
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null))
    return `metadata of a ${kind} in the request body is not an object`;
  return undefined;
}
