/** What a token says of itself, as far as a page may care: the server alone decides. */
export interface TokenClaims {
  /** Seconds since the epoch. */
  exp?: number;
  sub?: string;
  email?: string;
}

/** The claims of a JSON web token, unverified; none of what is no such token. */
export function claimsOfToken(token: string): TokenClaims {
  const claims = payloadOf(token);
  return {
    ...(typeof claims['exp'] === 'number' ? { exp: claims['exp'] } : {}),
    ...(typeof claims['sub'] === 'string' ? { sub: claims['sub'] } : {}),
    ...(typeof claims['email'] === 'string' ? { email: claims['email'] } : {}),
  };
}

/** Everything that a JSON web token says, whatever it is; nothing of what is no such token. */
export function payloadOf(token: string): Readonly<Record<string, unknown>> {
  const payload = token.split('.')[1];
  if (payload === undefined) return {};
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.codePointAt(0) ?? 0);
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {}; // Tokens of other makes say nothing.
  }
}

/** Whose a token is, to tell people apart: who renews a token stays the same. */
export function ownerOf(token: string): string {
  const { iss, sub } = payloadOf(token);
  return typeof sub === 'string' ? JSON.stringify([iss, sub]) : token;
}
