import type { IncomingMessage, RequestListener } from 'node:http';
import { MAX_NAME, ulidGenerator } from '@kargo/api';
import type { Clock, Random, UserInfo } from '@kargo/kube';
import type { AuditEntry, AuditTrail } from '@kargo/server';

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
/** `/api/v1/namespaces/NS/RESOURCE/NAME/SUBRESOURCE` and its shorter and longer forms. */
const RESOURCE =
  /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<sub>[^/]+))?)?$/;
/** The status of what nobody waited for the answer of; no answer has it. */
const LEFT = 499;
/** Questions, which are asked with POST. */
const REVIEWS = /reviews$/;

export interface AuditKubernetesOptions {
  trail: AuditTrail;
  clock: Clock;
  random: Random;
  /** Who sent a request: by its token, or by what else it carries. */
  userOf: (token: string, request: IncomingMessage) => Promise<UserInfo | undefined>;
  /** Users whose writes are the work of the control plane itself, and are not written down. */
  isComponent: (username: string) => boolean;
}

/** A handler of the Kubernetes API that writes down who changed what through it. */
export function auditedKubernetes(handler: RequestListener, options: AuditKubernetesOptions): RequestListener {
  const { trail, clock, random, userOf, isComponent } = options;
  const ulid = ulidGenerator({ now: () => clock.now(), random: random.next });
  return (request, response) => {
    const verb = VERBS[request.method ?? ''];
    const [path = ''] = (request.url ?? '').split('?', 1);
    const groups = RESOURCE.exec(path)?.groups;
    if (verb !== undefined && groups !== undefined && !REVIEWS.test(groups['resource'] ?? '')) {
      const began = clock.now();
      const address = request.socket.remoteAddress ?? '';
      const { authorization = '', 'user-agent': userAgent, 'impersonate-user': impersonated } = request.headers;
      // Asked now: a certificate goes with its connection, and the request may take its own token away.
      const sender = userOf(/^Bearer (.+)$/.exec(authorization)?.[1] ?? '', request).catch(() => undefined);
      // It closes after its end too. Who leaves before that must not stay out of the trail: the work goes on without them.
      response.once('close', () => {
        void note();
      });
      const note = async (): Promise<void> => {
        const user = await sender;
        if (user !== undefined && isComponent(user.username)) return;
        const answered = response.headersSent;
        const status = answered ? response.statusCode : LEFT;
        const refused = answered ? status === 401 || status === 403 : user === undefined;
        // Nobody is too unknown to send the longest of paths and headers, and entries take room.
        const [namespace, resource = '', name, sub] = ['namespace', 'resource', 'name', 'sub'].map((part) =>
          groups[part]?.slice(0, MAX_NAME),
        );
        const entry: AuditEntry = {
          id: ulid(),
          time: new Date(clock.now()).toISOString(),
          requestId: random.uuid(),
          actor: user === undefined ? 'anonymous' : `kubernetes:${user.username}`,
          identity: user === undefined ? 'anonymous' : 'kubernetes',
          via: 'kubernetes',
          operation: `${verb} ${resource}${sub === undefined ? '' : `/${sub}`}`,
          method: request.method ?? '',
          path: path.slice(0, 2048),
          project: namespace,
          objects: [
            {
              kind: resource,
              namespace,
              name,
              ...(typeof impersonated === 'string' ? { outcome: `in the name of ${impersonated.slice(0, 2 * MAX_NAME)}` } : {}),
            },
          ],
          source: { address, userAgent: userAgent?.slice(0, 256) },
          result: refused ? 'refused' : answered && status >= 400 ? 'failed' : 'done',
          status,
          ...(answered ? {} : { error: 'the caller left before the answer: whether it was done is not known' }),
          milliseconds: clock.now() - began,
        };
        trail.append(entry);
      };
    }
    handler(request, response);
  };
}
