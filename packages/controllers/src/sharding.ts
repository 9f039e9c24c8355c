import { type KubeObject, labels } from '@kargo/api';

/** Which objects this process handles. Without a name it is the default one, which handles those that name no shard. */
export interface ShardOptions {
  name?: string | undefined;
  /** Whether a named process handles objects without a shard too. */
  isDefault?: boolean | undefined;
}

/** A predicate over objects by their shard label. */
export function shardFilter({ name = '', isDefault = name === '' }: ShardOptions): (object: KubeObject) => boolean {
  return ({ metadata }) => {
    const shard = metadata.labels?.[labels.shard] ?? '';
    return shard === '' ? isDefault : shard === name;
  };
}
