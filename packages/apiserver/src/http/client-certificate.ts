import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock, UserInfo } from '@kargo/kube';

/**
 * Who a client certificate stands for: its common name is the user, its organizations are the groups, as in Kubernetes. Undefined where the
 * connection has none, or one that the authority of the listener did not sign for clients, or that has ended.
 */
export function certificateUser({ socket }: IncomingMessage, clock: Clock): UserInfo | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject, valid_to: until } = socket.getPeerCertificate();
  // A connection can outlive the certificate it was opened with.
  if (Date.parse(until) <= clock.now()) return undefined;
  const username = listOf(subject?.CN)[0];
  if (username === undefined || username === '') return undefined;
  return { username, groups: [...new Set([...listOf(subject.O), 'system:authenticated'])] };
}

function listOf(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
