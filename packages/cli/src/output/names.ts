import type { ApiObject } from '../client/objects.ts';

/** `stage.kargo.akuity.io/test`: kind, group and name as kubectl prints them; without a group for core kinds. */
export function qualifiedName({ apiVersion, kind, metadata }: ApiObject): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
  return `${kind.toLowerCase()}${group}/${metadata?.name ?? '<unknown>'}`;
}

/** The qualified name of one of Kargo's own objects, of which only the name is known. */
export function kargoName(kind: string, name: string): string {
  return `${kind}.kargo.akuity.io/${name}`;
}
