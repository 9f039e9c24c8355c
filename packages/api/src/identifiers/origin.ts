import type { FreightOrigin } from '../kinds/field-schemas.ts';

/** The origin that a key like `Warehouse/my-warehouse` stands for; absent if it is malformed or of another kind. */
export function parseOriginKey(key: string): FreightOrigin | undefined {
  const [kind, name, ...more] = key.split('/');
  if (kind !== 'Warehouse' || name === undefined || name === '' || more.length > 0) return undefined;
  return { kind, name };
}
