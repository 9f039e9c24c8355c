import { isReason, Secret, type AnalysisArgument } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { ArgumentError } from './arguments.ts';

/**
 * The values of arguments that come from Secrets of the run's own namespace, by argument name. Fails with {@link ArgumentError} if a
 * Secret or a key is missing.
 */
export async function readSecretArguments(
  args: readonly AnalysisArgument[],
  { namespace, client, signal }: { namespace: string; client: Reader; signal: AbortSignal },
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { name, valueFrom } of args) {
    const ref = valueFrom?.secretKeyRef;
    if (ref === undefined) continue;
    let secret: Secret;
    try {
      secret = await client.get(Secret, { namespace, name: ref.name }, { signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) throw new ArgumentError(`secrets "${ref.name}" not found`, { cause: error });
      throw error;
    }
    const data = secret.data?.[ref.key];
    if (data === undefined) throw new ArgumentError(`key '${ref.key}' does not exist in secret '${ref.name}'`);
    values.set(name, Buffer.from(data, 'base64').toString('utf8'));
  }
  return values;
}
