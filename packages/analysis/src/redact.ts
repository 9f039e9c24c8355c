/** Shorter secrets would blank out ordinary words. */
const SHORTEST = 4;

/** A function that replaces the given secrets, plain, URL-encoded or in base64, by `*****`. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = [
    ...new Set(
      secrets
        .filter((secret) => secret.length >= SHORTEST)
        .flatMap((secret) => [
          secret,
          encodeURIComponent(secret),
          Buffer.from(secret).toString('base64'),
          Buffer.from(secret).toString('base64url'),
        ]),
    ),
  ].sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((shown, form) => shown.replaceAll(form, '*****'), text);
}
