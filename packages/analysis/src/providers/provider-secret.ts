import { isReason, Secret } from '@kargo/api';
import type { MeasurementRequest, ProviderPorts } from '../provider.ts';

/**
 * The values of a Secret with which a provider signs in. It is looked for in the operator's namespace first, then in the run's own;
 * with `ownOnly` in the run's alone. Undefined if it is in neither.
 */
export async function providerSecret(
  name: string,
  { run, signal }: Pick<MeasurementRequest, 'run' | 'signal'>,
  { client, systemNamespace }: ProviderPorts,
  { ownOnly = false }: { ownOnly?: boolean } = {},
): Promise<Record<string, string> | undefined> {
  const own = run.metadata.namespace ?? '';
  const namespaces = ownOnly || systemNamespace === undefined || systemNamespace === own ? [own] : [systemNamespace, own];
  for (const namespace of namespaces) {
    try {
      const { data = {} } = await client.get(Secret, { namespace, name }, { signal });
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8').trim()]),
      );
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
  return undefined;
}
