import { SubscriptionError } from '../discovery-error.ts';

export interface Platform {
  os: string;
  architecture: string;
  variant?: string | undefined;
}

/** Variants that are meant when none is named. */
const DEFAULT_VARIANTS: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7' };

/** Reads `os/arch` or `os/arch/variant`. Fails with `SubscriptionError`. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant, ...more] = text.split('/');
  if (os === '' || architecture === '' || variant === '' || more.length > 0)
    throw new SubscriptionError('InvalidSubscription', `platform: "${text}" is not of the form os/arch or os/arch/variant`);
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** Whether both are the same platform; a variant that is not named is the usual one of the architecture. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && variantOf(a) === variantOf(b);
}

function variantOf({ architecture, variant = '' }: Platform): string {
  return variant === '' ? (DEFAULT_VARIANTS[architecture] ?? '') : variant;
}
