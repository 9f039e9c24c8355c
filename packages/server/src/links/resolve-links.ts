import type { DeepLink } from '@kargo/api';
import { compile, fromJson } from '@kargo/expr';
import { compileGoTemplate } from '@kargo/gocompat';
import { linkFunctions } from './template-functions.ts';

/** Links as people see them, and why others could not be made. */
export interface ResolvedLinks {
  links: { title: string; url: string; description?: string }[];
  errors?: string[];
}

/** Links that lead somewhere in a browser and run nothing there. */
const SAFE = new Set(['http:', 'https:', 'mailto:']);

/**
 * Makes the links of one object out of their templates. `data` is what templates and conditions see, e.g. `{ stage }`. A link that
 * cannot be made is told among the errors; the others are not touched by it.
 */
export function resolveLinks(links: readonly DeepLink[], data: Readonly<Record<string, unknown>>): ResolvedLinks {
  const out: ResolvedLinks = { links: [] };
  for (const link of links) {
    try {
      if (!applies(link, data)) continue;
      const { title, description } = link;
      out.links.push({ title, url: urlOf(link, data), ...(description === undefined ? {} : { description }) });
    } catch (error) {
      (out.errors ??= []).push(`link "${link.title}": ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return out;
}

function applies({ if: condition }: DeepLink, data: Readonly<Record<string, unknown>>): boolean {
  if (condition === undefined || condition.trim() === '') return true;
  const environment = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, fromJson(value as never)]));
  const value = compile(condition, { variables: Object.keys(data), budget: { iterations: 100_000, memory: 100_000 } }).run(
    environment,
  );
  if (typeof value !== 'boolean') throw new Error(`if: ${condition} is not true or false`);
  return value;
}

function urlOf({ url: template }: DeepLink, data: Readonly<Record<string, unknown>>): string {
  const url = compileGoTemplate(template, { functions: linkFunctions }).print(data).trim();
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && !SAFE.has(parsed.protocol))
    throw new Error(`url: ${parsed.protocol} leads to no page; use http, https or mailto`);
  return url;
}
