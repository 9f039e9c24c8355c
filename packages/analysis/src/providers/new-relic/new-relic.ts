/** `newRelic`: an NRQL query through NerdGraph. */
import { goJSON } from '@kargo/gocompat';
import { providerConfig, type Provider } from '../../provider.ts';
import { readJSON, textOf } from '../answers/json-answer.ts';
import { measured } from '../answers/measured.ts';
import { providerSecret } from '../provider-secret.ts';

interface NewRelicConfig {
  profile?: string;
  query?: string;
  timeout?: number;
}

interface Answer {
  errors?: { message?: string }[] | null;
  data?: { actor?: { account?: { nrql?: { results?: Record<string, unknown>[] } | null } | null } | null } | null;
}

const DEFAULT_PROFILE = 'newrelic';
const DEFAULT_TIMEOUT_SECONDS = 5;
/** More than New Relic itself needs for the query. */
const NETWORK_MS = 5_000;
const ADDRESSES: Readonly<Record<string, string>> = {
  us: 'https://api.newrelic.com/graphql',
  eu: 'https://api.eu.newrelic.com/graphql',
};
const QUERY =
  'query($account: Int!, $query: Nrql!, $timeout: Seconds) { actor { account(id: $account) { nrql(query: $query, timeout: $timeout) { results } } } }';

function rowsOf({ errors, data }: Answer): Record<string, unknown>[] {
  if (errors !== undefined && errors !== null && errors.length !== 0)
    throw new Error(`New Relic could not answer the query: ${errors.map(({ message }) => message).join('; ')}`);
  const results = data?.actor?.account?.nrql?.results ?? [];
  const [first] = results;
  if (first === undefined || (results.length === 1 && Object.keys(first).length === 0))
    throw new Error('no results returned from NRQL query');
  return results;
}

export const newRelicProvider: Provider = {
  name: 'newRelic',
  async run(request, ports) {
    const config = providerConfig(request.metric).config as NewRelicConfig;
    const profile = config.profile || DEFAULT_PROFILE;
    const secret = await providerSecret(profile, request, ports);
    if (secret === undefined)
      throw new Error(
        `there is no Secret "${profile}" with the keys of New Relic: create it with personal-api-key and account-id`,
      );
    const { 'personal-api-key': key, 'account-id': account, region = 'us', 'base-url-nerdgraph': address } = secret;
    if (!key || !account || !/^\d+$/.test(account))
      throw new Error(
        `account ID or personal API key not found: Secret "${profile}" needs personal-api-key and a numeric account-id`,
      );
    const url = address || ADDRESSES[region.toLowerCase()];
    if (url === undefined) throw new Error(`New Relic has no region "${region}": Secret "${profile}" may say us or eu`);
    const seconds = config.timeout ?? DEFAULT_TIMEOUT_SECONDS;
    if (seconds < 0) throw new Error(`newRelic timeout should not be negative, found ${seconds}`);
    const timeout = seconds === 0 ? DEFAULT_TIMEOUT_SECONDS : seconds;
    const response = await ports.http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: 'application/json', 'api-key': key },
      body: JSON.stringify({ query: QUERY, variables: { account: Number(account), query: config.query ?? '', timeout } }),
      timeout: timeout * 1000 + NETWORK_MS,
      signal: request.signal,
    });
    if (response.status !== 200) throw new Error(`New Relic answered ${response.status}: ${textOf(response).slice(0, 200)}`);
    const results = readJSON(response, 'New Relic', (answer) => rowsOf(answer as Answer));
    const result = results.length === 1 ? results[0] : results;
    return measured(request.metric, { result, value: goJSON(result), now: ports.clock.now() });
  },
  metadata: (metric) => {
    const { query } = providerConfig(metric).config as NewRelicConfig;
    return query === undefined ? {} : { ResolvedNewRelicQuery: query };
  },
};
