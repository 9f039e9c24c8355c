/** The files that the output of `helm template` becomes. */
import { parseDocument } from 'yaml';
import { identityOfResource, type ResourceIdentity } from '../kustomize-build/file-names.ts';

/** What one template rendered to. `text` begins with a line that names the template, and ends with a line break. */
export interface RenderedTemplate {
  path: string;
  text: string;
}

const HEADER = /^---\n# Source: (.+)\n/gm;

/** Splits the output by the templates it came from; what a template rendered in several places is put together. */
export function renderedTemplates(output: string): RenderedTemplate[] {
  const found = [...output.matchAll(HEADER)];
  const texts = new Map<string, string>();
  for (const [index, match] of found.entries()) {
    const path = match[1]!.trim();
    const text = output.slice(match.index, found[index + 1]?.index ?? output.length);
    texts.set(path, `${texts.get(path) ?? ''}${text.endsWith('\n') ? text : `${text}\n`}`);
  }
  return [...texts].map(([path, text]) => ({ path, text }));
}

/**
 * One file per resource: `[<group>-]<kind>[-<namespace>]-<name>.yaml` in lower case; `resource-<n>.yaml`, counted from 0, for what has
 * no kind or no name. Fails if two would be the same file, and for names that are no names of files.
 */
export function flatFiles(output: string): Map<string, string> {
  const files = new Map<string, string>();
  let unnamed = 0;
  for (const document of output.split(/^---(?:[ \t].*)?$/m)) {
    const text = document.trim();
    if (text === '') continue;
    const identity = identityOfResource(parsed(text));
    const name = identity.kind === '' || identity.name === '' ? `resource-${unnamed++}.yaml` : flatName(identity);
    if (/[/\\\0]/.test(name) || name.startsWith('..'))
      throw new Error(
        `unsafe generated resource filename ${JSON.stringify(name)}: kinds, names and namespaces must not hold path separators`,
      );
    if (files.has(name)) throw new Error(`two rendered resources would be written to the same file ${name}`);
    files.set(name, `${text}\n`);
  }
  return files;
}

function flatName({ group, kind, namespace, name }: ResourceIdentity): string {
  const parts = [group.replaceAll('.', '_'), kind, namespace, name];
  return `${parts.filter((part) => part !== '').join('-')}.yaml`.toLowerCase();
}

function parsed(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent' });
  return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 1000 }) as unknown);
}
