export type TokenKind = 'operator' | 'bracket' | 'identifier' | 'number' | 'string' | 'bytes' | 'end';

/** One word of an expression. `offset` is where it starts; for `end` the last character of the source. */
export interface Token {
  readonly kind: TokenKind;
  /** The text; for strings the text they stand for. */
  readonly value: string;
  readonly offset: number;
  readonly bytes?: Uint8Array | undefined;
}

/** A token as error messages show it. */
export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'EOF';
  const kind = `${token.kind[0]?.toUpperCase()}${token.kind.slice(1)}`;
  return `${kind}(${JSON.stringify(token.value)})`;
}

/** Whether a token is of a kind and, if texts are given, is one of them. */
export function isToken(token: Token, kind: TokenKind, ...values: readonly string[]): boolean {
  return token.kind === kind && (values.length === 0 || values.includes(token.value));
}
