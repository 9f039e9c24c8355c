/** What a Job asks for that executors outside a cluster do not do. */

/** Fields of a Pod that are carried out, or that make no difference here. */
const POD_FIELDS = new Set([
  'containers',
  'initContainers',
  'volumes',
  'restartPolicy',
  'terminationGracePeriodSeconds',
  'securityContext',
  'automountServiceAccountToken',
  'imagePullSecrets',
  'dnsPolicy',
  'schedulerName',
  'enableServiceLinks',
]);

const CONTAINER_FIELDS = new Set([
  'name',
  'image',
  'imagePullPolicy',
  'command',
  'args',
  'workingDir',
  'env',
  'envFrom',
  'resources',
  'securityContext',
  'volumeMounts',
  'terminationMessagePath',
  'terminationMessagePolicy',
]);

const SECURITY_FIELDS = new Set(['runAsUser', 'runAsGroup', 'runAsNonRoot']);

type Fields = Record<string, unknown>;

/** One sentence for each thing that is asked for but not done. */
export function unsupportedFields(spec: Fields): string[] {
  const pod = (((spec['template'] ?? {}) as Fields)['spec'] ?? {}) as Fields;
  const messages: string[] = [];
  for (const field of ['completions', 'parallelism'] as const) {
    const value = spec[field];
    if (typeof value === 'number' && value !== 1)
      messages.push(`${field} ${value} is not supported outside a cluster: the Job runs once`);
  }
  const report = (where: string, fields: Fields, known: ReadonlySet<string>): void => {
    for (const field of Object.keys(fields)) {
      const value = fields[field];
      const empty = value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
      if (!known.has(field) && !empty) messages.push(`${where}${field} has no effect outside a cluster`);
    }
  };
  report('', pod, POD_FIELDS);
  report('securityContext.', (pod['securityContext'] ?? {}) as Fields, SECURITY_FIELDS);
  for (const container of [...((pod['initContainers'] ?? []) as Fields[]), ...((pod['containers'] ?? []) as Fields[])]) {
    const where = `container "${String(container['name'])}": `;
    report(where, container, CONTAINER_FIELDS);
    report(`${where}securityContext.`, (container['securityContext'] ?? {}) as Fields, SECURITY_FIELDS);
  }
  return messages;
}
