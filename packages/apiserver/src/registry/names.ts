import { type FieldError, type Kind } from '@kargo/api';
import type { Random } from '@kargo/kube';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const DNS_SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_BASE = 63 - SUFFIX_LENGTH;

/** A name made of a prefix and five random characters, as `generateName` asks for. */
export function generateName(base: string, random: Random): string {
  let suffix = '';
  for (let index = 0; index < SUFFIX_LENGTH; index++) suffix += ALPHABET[Math.floor(random.next() * ALPHABET.length)] ?? 'x';
  return base.slice(0, MAX_GENERATED_BASE) + suffix;
}

/** Problems of an object's name, in the rules of its kind. */
export function nameErrors(kind: Kind, name: string, field = 'metadata.name'): FieldError[] {
  const detail = nameProblem(kind, name);
  return detail === undefined ? [] : [{ field, type: 'FieldValueInvalid', value: name, detail }];
}

function nameProblem(kind: Kind, name: string): string | undefined {
  if (kind.group === 'rbac.authorization.k8s.io') return pathSegmentProblem(name);
  if (kind.group === '' && (kind.plural === 'namespaces' || kind.plural === 'services')) return dnsLabelProblem(name);
  return dnsSubdomainProblem(name);
}

function pathSegmentProblem(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  if (/[/%]/.test(name)) return "may not contain '/' or '%'";
  return undefined;
}

/** Why text is no RFC 1123 label, or undefined. */
export function dnsLabelProblem(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters';
  if (DNS_LABEL.test(text)) return undefined;
  return `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc', regex used for validation is '${LABEL}')`;
}

/** Why text is no RFC 1123 subdomain, or undefined. */
export function dnsSubdomainProblem(text: string): string | undefined {
  if (text.length > 253) return 'must be no more than 253 characters';
  if (DNS_SUBDOMAIN.test(text)) return undefined;
  return `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`;
}
