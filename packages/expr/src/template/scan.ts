import { ExprError } from '../error.ts';

/** A piece of a template: text as it stands, or an expression. `offset` is where it starts in the template. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly offset: number };

const START = /\$\{([{%])/g;

/** Whether a text has an expression in it. */
export function hasTemplate(text: string): boolean {
  return text.includes('${{') || text.includes('${%');
}

/**
 * Splits a template. An expression ends at the first end delimiter, even inside a string literal: `${% %}` is there for
 * expressions that contain `}}`.
 *
 * @throws ExprError with code `parse` for an expression without an end
 */
export function scanTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  const start = new RegExp(START);
  let offset = 0;
  for (let match = start.exec(template); match !== null; match = start.exec(template)) {
    const end = match[1] === '{' ? '}}' : '%}';
    const from = match.index + match[0].length;
    const to = template.indexOf(end, from);
    if (to < 0) {
      const reason = `unclosed expression: expected ${JSON.stringify(end)} but reached end of template`;
      throw new ExprError('parse', reason, { source: template, offset: match.index });
    }
    if (match.index > offset) parts.push({ kind: 'text', text: template.slice(offset, match.index) });
    parts.push({ kind: 'expression', source: template.slice(from, to), offset: from });
    offset = to + end.length;
    start.lastIndex = offset;
  }
  if (offset < template.length) parts.push({ kind: 'text', text: template.slice(offset) });
  return parts;
}
