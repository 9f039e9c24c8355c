import { Freight, labels } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { HttpError } from '../http/http-error.ts';
import { findOne } from '../objects.ts';
import type { Client } from '@kargo/kube';

/** The Freight that a request names by `freight` or `freightAlias`. Fails with 404. */
export async function findFreight(
  client: Client,
  namespace: string,
  { field, value }: { field: string; value: string },
): Promise<Freight> {
  const found =
    field === 'freight' ? await findOne(client, Freight, { namespace, name: value }) : await byAlias(client, namespace, value);
  if (found === undefined) {
    const by = field === 'freight' ? 'name' : 'alias';
    throw new HttpError(404, `Freight with ${by} "${value}" not found in project "${namespace}"`);
  }
  return found;
}

/** The Freight of that name, or else of that alias. Fails with 404. */
export async function findFreightByNameOrAlias(client: Client, namespace: string, nameOrAlias: string): Promise<Freight> {
  const found =
    (await findOne(client, Freight, { namespace, name: nameOrAlias })) ?? (await byAlias(client, namespace, nameOrAlias));
  if (found === undefined)
    throw new HttpError(404, `Freight with name or alias "${nameOrAlias}" not found in project "${namespace}"`);
  return found;
}

/** The Freight of that alias. Text that cannot be a label names none. */
export async function byAlias(client: Reader, namespace: string, alias: string): Promise<Freight | undefined> {
  if (!/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(alias)) return undefined;
  const { items } = await client.list(Freight, { namespace, labelSelector: `${labels.alias}=${alias}` });
  return items[0];
}
