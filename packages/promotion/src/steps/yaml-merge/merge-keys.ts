/** By which key the items of a list in a Kubernetes manifest are told apart; lists not named here are replaced. */

const POD_SPECS: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  Deployment: 'spec.template.spec',
  StatefulSet: 'spec.template.spec',
  DaemonSet: 'spec.template.spec',
  ReplicaSet: 'spec.template.spec',
  ReplicationController: 'spec.template.spec',
  Job: 'spec.template.spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
};

const OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Service: { 'spec.ports': 'port' },
  ServiceAccount: { secrets: 'name', imagePullSecrets: 'name' },
};

/** Groups of the API that belong to Kubernetes itself. */
const GROUPS = new Set(['', 'apps', 'batch']);

const IN_POD: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  resourceClaims: 'name',
};

const IN_CONTAINER: Readonly<Record<string, string>> = {
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
};

/** The merge key of the list at `path` (fields joined by dots, list items left out) of a manifest; undefined: the list is replaced. */
export type MergeKeys = (path: string) => string | undefined;

/** The merge keys for a manifest of this kind. Kinds that are not known have none. */
export function mergeKeysOf(apiVersion: string, kind: string): MergeKeys {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const pod = Object.hasOwn(POD_SPECS, kind) ? POD_SPECS[kind] : undefined;
  const others = Object.hasOwn(OTHERS, kind) ? OTHERS[kind] : undefined;
  if (apiVersion === '' || !GROUPS.has(group) || (pod === undefined && others === undefined)) return () => undefined;
  const known = new Map<string, string>([['metadata.ownerReferences', 'uid'], ...Object.entries(others ?? {})]);
  if (pod !== undefined) {
    for (const [field, key] of Object.entries(IN_POD)) known.set(`${pod}.${field}`, key);
    for (const containers of ['containers', 'initContainers', 'ephemeralContainers'])
      for (const [field, key] of Object.entries(IN_CONTAINER)) known.set(`${pod}.${containers}.${field}`, key);
  }
  return (path) => known.get(path);
}
