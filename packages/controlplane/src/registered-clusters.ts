import type { ConnectCluster } from '@kargo/controllers';
import { httpClient, kubeconfigAccess, KindDiscovery, systemClock, systemRandom } from '@kargo/kube';
import type { Environment } from './cluster-client.ts';

const READ_ATTEMPTS = 3;
const BUDGET = { perSecond: 50, burst: 300 };

/** Reaches clusters that are registered for Applications, over the network. */
export function registeredClusters(env: Environment): ConnectCluster {
  return async (kubeconfig, origin) => {
    const clock = systemClock;
    const { baseURL, fetch, close } = await kubeconfigAccess({ text: kubeconfig, origin, clock, env });
    const retries = { attempts: READ_ATTEMPTS, base: 200, max: 5000, random: systemRandom };
    return {
      client: httpClient({ baseURL, fetch, clock, retries, budget: BUDGET }),
      discovery: new KindDiscovery({ baseURL, fetch, clock }),
      server: baseURL,
      close,
    };
  };
}
