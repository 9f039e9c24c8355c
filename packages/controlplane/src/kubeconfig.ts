import { stringify } from 'yaml';

/** A kubeconfig whose only context reaches the embedded API. */
export function kubeconfig({ address, token, certificate }: { address: string; token: string; certificate: string }): string {
  // kubectl sends tokens over TLS only.
  const cluster = {
    server: address.replace(/^http:/, 'https:'),
    'certificate-authority-data': Buffer.from(certificate).toString('base64'),
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'kargo',
    clusters: [{ name: 'kargo', cluster }],
    users: [{ name: 'kargo', user: { token } }],
    contexts: [{ name: 'kargo', context: { cluster: 'kargo', user: 'kargo' } }],
  });
}
