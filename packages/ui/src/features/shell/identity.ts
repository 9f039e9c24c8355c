import { payloadOf } from '../../data/token.ts';

/** What the token of this browser says about whose it is; the server decides what it is worth. */
export function claimsOf(token: string | undefined): {
  name: string;
  initials: string;
  claims: Readonly<Record<string, unknown>>;
} {
  const claims: Readonly<Record<string, unknown>> = token === undefined ? {} : payloadOf(token);
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
