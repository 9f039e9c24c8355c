/** What a token says of itself, as far as a page may care: the server alone decides. */
export interface TokenClaims {
  /** Seconds since the epoch. */
  exp?: number;
  sub?: string;
  email?: string;
}

/** The claims of a JSON web token, unverified; none of what is no such token. */
export function claimsOfToken(token: string): TokenClaims {
  try {
    const payload = token.split('.')[1] ?? '';
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.codePointAt(0) ?? 0);
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    return {
      ...(typeof claims['exp'] === 'number' ? { exp: claims['exp'] } : {}),
      ...(typeof claims['sub'] === 'string' ? { sub: claims['sub'] } : {}),
      ...(typeof claims['email'] === 'string' ? { email: claims['email'] } : {}),
    };
  } catch {
    return {};
  }
}
