import { ExprError } from '../error.ts';
import { Lexer } from '../lexer/lexer.ts';
import { describeToken, isToken, type Token, type TokenKind } from '../lexer/token.ts';

/** The tokens of an expression, as a parser goes along them. */
export class TokenStream {
  readonly #source: string;
  readonly #lexer: Lexer;
  #current: Token = { kind: 'end', value: '', offset: 0 };
  #ahead: Token | undefined;

  /** @throws ExprError with code `parse` if there is no first token */
  constructor(source: string) {
    this.#source = source;
    this.#lexer = new Lexer(source);
  }

  get current(): Token {
    return this.#current;
  }

  /** Whether the current token is of a kind, and one of the values if there are any. */
  is(kind: TokenKind, ...values: readonly string[]): boolean {
    return isToken(this.#current, kind, ...values);
  }

  /** Goes on behind a token that must be there, and returns it. */
  expect(kind: TokenKind, ...values: readonly string[]): Token {
    const token = this.#current;
    if (!isToken(token, kind, ...values)) this.unexpected();
    this.advance();
    return token;
  }

  advance(): void {
    const token = this.#ahead ?? this.#lexer.next();
    this.#ahead = undefined;
    if (token === undefined) this.fail('parse', 'unexpected end of expression', this.#current);
    this.#current = token;
  }

  /** Makes the token before the current one, which is `token`, current again. Only once in a row. */
  stepBack(token: Token): void {
    this.#ahead = this.#current;
    this.#current = token;
  }

  /** @throws ExprError with code `parse` */
  unexpected(): never {
    return this.fail('parse', `unexpected token ${describeToken(this.#current)}`, this.#current);
  }

  /** @throws ExprError with that code, at a token */
  fail(code: 'parse' | 'budget', reason: string, token: Token): never {
    throw new ExprError(code, reason, { source: this.#source, offset: token.offset });
  }
}
