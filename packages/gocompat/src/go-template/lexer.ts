import { unquote } from '../jsonpath/unquote.ts';
import { GoTemplateError } from './template-error.ts';

/** A piece of a template: text to print, or the tokens of an action. */
export type Piece = { readonly text: string } | { readonly tokens: readonly Token[] };

export type Token =
  | { readonly kind: 'space' | 'symbol' | 'word' | 'field' | 'variable'; readonly text: string }
  | { readonly kind: 'string' | 'number'; readonly text: string; readonly value: string | number };

const LEFT_TRIM = /^\{\{-[ \t\r\n]/;
const TOKEN =
  /[ \t\r\n]+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|\.[\p{L}_][\p{L}\p{Nd}_]*|\$[\p{L}\p{Nd}_]*|[\p{L}_][\p{L}\p{Nd}_]*|:=|[=|(),.]/uy;

/** Splits a template at its actions; trim markers and comments are done with. Fails with {@link GoTemplateError}. */
export function lex(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  for (;;) {
    const open = template.indexOf('{{', at);
    const raw = template.slice(at, open === -1 ? template.length : open);
    const trimEnd = open !== -1 && LEFT_TRIM.test(template.slice(open, open + 4));
    let text = trimNext ? raw.replace(/^[ \t\r\n]+/, '') : raw;
    if (trimEnd) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') pieces.push({ text });
    if (open === -1) return pieces;
    const start = open + (trimEnd ? 3 : 2);
    const comment = /^[ \t\r\n]*\/\*/.exec(template.slice(start));
    const action = comment === null ? lexAction(template, start) : skipComment(template, start);
    if (action.tokens.length > 0 || comment === null) pieces.push({ tokens: action.tokens });
    at = action.end;
    trimNext = action.trims;
  }
}

interface Action {
  tokens: Token[];
  /** Where text goes on. */
  end: number;
  trims: boolean;
}

function skipComment(template: string, start: number): Action {
  const end = template.indexOf('*/', start);
  const close = /^(?:([ \t\r\n]-)|)\}\}/.exec(end === -1 ? '' : template.slice(end + 2));
  if (close === null) throw new GoTemplateError(end === -1 ? 'unclosed comment' : 'comment ends before closing delimiter');
  return { tokens: [], end: end + 2 + close[0].length, trims: close[1] !== undefined };
}

function lexAction(template: string, start: number): Action {
  const tokens: Token[] = [];
  const matcher = new RegExp(TOKEN, 'uy');
  for (let at = start; at < template.length;) {
    if (template.startsWith('}}', at)) return { tokens, end: at + 2, trims: false };
    if (/^[ \t\r\n]-\}\}/.test(template.slice(at, at + 4))) return { tokens, end: at + 4, trims: true };
    matcher.lastIndex = at;
    let [text] = matcher.exec(template) ?? [''];
    if (text === '') throw new GoTemplateError(`unexpected ${JSON.stringify(template.charAt(at))} in action`);
    // The last blank may belong to the marker that trims.
    if (/^\s/.test(text) && template.startsWith('-}}', at + text.length)) text = text.slice(0, -1);
    if (text !== '') tokens.push(tokenOf(text));
    at += text.length;
  }
  throw new GoTemplateError('unclosed action');
}

function tokenOf(text: string): Token {
  const first = text.charAt(0);
  if (/\s/.test(first)) return { kind: 'space', text };
  if (first === '`') return { kind: 'string', text, value: text.slice(1, -1) };
  if (first === '"' || first === "'") {
    const value = unquote(text);
    if (value === undefined) throw new GoTemplateError(`malformed constant ${text}`);
    return first === '"' ? { kind: 'string', text, value } : { kind: 'number', text, value: value.codePointAt(0) ?? 0 };
  }
  if (/^[+-]?\.?[0-9]/.test(text)) return { kind: 'number', text, value: numberOf(text) };
  if (first === '$') return { kind: 'variable', text };
  if (first === '.' && text.length > 1) return { kind: 'field', text };
  return { kind: /[\p{L}_]/u.test(first) ? 'word' : 'symbol', text };
}

function numberOf(text: string): number {
  const digits = text.replaceAll('_', '').replace(/^[+-]/, '');
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = Number(octal);
  if (Number.isNaN(value)) throw new GoTemplateError(`bad number syntax: ${JSON.stringify(text)}`);
  return text.startsWith('-') ? -value : value;
}
