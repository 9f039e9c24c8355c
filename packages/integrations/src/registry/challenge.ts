/** What a registry asks for before it answers. */
export type Challenge =
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service?: string | undefined; scope?: string | undefined };

/** Reads a `WWW-Authenticate` header; prefers a bearer challenge when there are several. Undefined if nothing in it is known. */
export function parseChallenge(header: string): Challenge | undefined {
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/i.exec(header)?.[1];
  if (bearer !== undefined) {
    const values: Record<string, string> = {};
    for (const [, name, quoted, bare] of bearer.matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)) {
      if (name !== undefined) values[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
    }
    const { realm, service, scope } = values;
    if (realm !== undefined && realm !== '') return { scheme: 'bearer', realm, service, scope };
  }
  return /(?:^|,)\s*basic\b/i.test(header) ? { scheme: 'basic' } : undefined;
}
