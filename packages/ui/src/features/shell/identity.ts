/** What the token of this browser says about whose it is; the server decides what it is worth. */
export function claimsOf(token: string | undefined): {
  name: string;
  initials: string;
  claims: Readonly<Record<string, unknown>>;
} {
  const claims = payloadOf(token);
  const text = (key: string): string | undefined =>
    typeof claims[key] === 'string' && claims[key] !== '' ? claims[key] : undefined;
  const name =
    text('name') ??
    text('email') ??
    text('preferred_username') ??
    text('sub') ??
    (token === undefined ? 'Nobody signed in' : 'Signed in');
  const initials = name
    .split(/[\s@._-]+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('');
  return { name, initials: initials === '' ? '?' : initials, claims };
}

function payloadOf(token: string | undefined): Record<string, unknown> {
  const part = token?.split('.')[1];
  if (part === undefined) return {};
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.codePointAt(0) ?? 0);
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // Tokens of other makes say nothing.
  }
}
