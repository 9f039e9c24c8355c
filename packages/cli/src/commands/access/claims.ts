import { CLIError } from '../../cli-error.ts';

/** A claim of an identity provider's token, and the values that are meant. */
export interface Claim {
  name: string;
  values: string[];
}

/**
 * The claims that repeated `--claim` flags name: `sub=jane`, `groups=a,b` (two values), or `sub=jane,groups=a` (two claims: a part with
 * `=` starts another one). Fails for what starts with no name.
 */
export function claimsOf(flags: readonly string[] = []): Claim[] {
  const claims: Claim[] = [];
  for (const flag of flags) {
    let current: Claim | undefined;
    for (const part of flag.split(',')) {
      const equals = part.indexOf('=');
      if (equals < 1) {
        if (current === undefined || part === '') throw malformed(flag);
        current.values.push(part);
        continue;
      }
      if (equals === part.length - 1) throw malformed(flag);
      current = claimNamed(claims, part.slice(0, equals));
      current.values.push(part.slice(equals + 1));
    }
  }
  return claims;
}

function claimNamed(claims: Claim[], name: string): Claim {
  const known = claims.find((claim) => claim.name === name);
  if (known !== undefined) return known;
  const claim: Claim = { name, values: [] };
  claims.push(claim);
  return claim;
}

function malformed(flag: string): CLIError {
  return new CLIError(
    'Usage',
    `claim should be in the format <claim-name>=<claim-value>[,<claim-value>…], not ${JSON.stringify(flag)}`,
  );
}
