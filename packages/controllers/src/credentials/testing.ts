/** Secrets with credentials, and who lists them. For tests. */
import type { KubeList, KubeObject, Secret } from '@kargo/api';
import type { Reader } from '@kargo/kube';

export interface SecretInput {
  namespace?: string;
  name: string;
  /** Default git; empty: no label. */
  type?: string;
  annotations?: Record<string, string>;
  data: Record<string, string>;
}

export function secret({ namespace = 'shop', name, type = 'git', annotations = {}, data }: SecretInput): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, annotations, labels: type === '' ? {} : { 'kargo.akuity.io/cred-type': type } },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}

/** Lists the given Secrets as the API would. */
export function reader(...secrets: SecretInput[]): Pick<Reader, 'list'> {
  return {
    list: <T extends KubeObject>(
      _: unknown,
      { namespace, labelSelector }: { namespace?: string; labelSelector?: string } = {},
    ) => {
      const items = secrets
        .map(secret)
        .filter(
          ({ metadata }) =>
            metadata.namespace === namespace &&
            (labelSelector === undefined ||
              labelSelector === `kargo.akuity.io/cred-type=${metadata.labels?.['kargo.akuity.io/cred-type']}`),
        );
      return Promise.resolve({ apiVersion: 'v1', kind: 'SecretList', metadata: {}, items } as unknown as KubeList<T>);
    },
  };
}
