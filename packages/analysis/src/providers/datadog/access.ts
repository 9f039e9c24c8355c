import type { HttpResponse } from '@kargo/integrations';
import type { MeasurementRequest, ProviderPorts } from '../../provider.ts';
import { textOf } from '../answers/json-answer.ts';
import { providerSecret } from '../provider-secret.ts';
import type { ReadDatadogConfig } from './config.ts';

const DEFAULT_ADDRESS = 'https://api.datadoghq.com';
const DEFAULT_SECRET = 'datadog';

/** Where Datadog is, and the headers that open it. */
export interface DatadogAccess {
  address: string;
  headers: Record<string, string>;
}

/** From the Secret a metric names, or else the environment, or else the Secret `datadog`. Fails if none has both keys. */
export async function datadogAccess(
  { secretRef }: Pick<ReadDatadogConfig, 'secretRef'>,
  request: MeasurementRequest,
  ports: ProviderPorts,
): Promise<DatadogAccess> {
  const named = secretRef?.name ?? '';
  if (named === '') {
    const { DD_API_KEY: key, DD_APP_KEY: application, DD_ADDRESS: address } = ports.environment ?? {};
    if (key && application && address) return accessOf(address, key, application);
  }
  const name = named === '' ? DEFAULT_SECRET : named;
  const secret = await providerSecret(name, request, ports, { ownOnly: secretRef?.namespaced === true });
  if (secret === undefined)
    throw new Error(`there is no Secret "${name}" with the keys of Datadog: create it with api-key and app-key`);
  const { 'api-key': key, 'app-key': application, address } = secret;
  if (!key || !application) throw new Error(`API or Application token not found: Secret "${name}" needs api-key and app-key`);
  return accessOf(address || DEFAULT_ADDRESS, key, application);
}

function accessOf(address: string, key: string, application: string): DatadogAccess {
  return {
    address: address.replace(/\/+$/, ''),
    headers: { accept: 'application/json', 'dd-api-key': key, 'dd-application-key': application },
  };
}

/** Fails unless the answer is 200, with what Datadog says. */
export function refuseFailure(response: HttpResponse): void {
  if (response.status === 200) return;
  const kind = response.status === 401 || response.status === 403 ? 'authentication error' : 'non 2xx';
  throw new Error(`received ${kind} response code: ${response.status} ${textOf(response).slice(0, 300)}`);
}
