import { apiVersionOf, Deployment, PodDisruptionBudget, Service, type KubeObject } from '@kargo/api';
import { ACCOUNTS } from './components.ts';
import { WEBHOOK_SERVICE } from './webhooks/names.ts';

/** What the processes of an installation are told. */
export interface DeploymentOptions {
  namespace: string;
  sharedNamespace: string;
  systemNamespace: string;
  argoCDNamespace: string;
  image: string;
  shards: readonly string[];
  analysis: boolean;
  gitOpsAgent: boolean;
  webhooks: boolean;
  /** Of each component. */
  replicas: number;
  /** Of every container. */
  environment: Readonly<Record<string, string>>;
}

interface Part {
  name: string;
  account: string;
  component: string;
  args: string[];
  /** Memory limit of the container. */
  memory: string;
  port?: { name: string; number: number; path: string; scheme: 'HTTP' | 'HTTPS'; livePath: string };
}

/** Deployments of all components, with the Services and disruption budgets of those that are asked by others. */
export function deployments(options: DeploymentOptions): KubeObject[] {
  const { namespace, sharedNamespace, systemNamespace, argoCDNamespace, shards, analysis, gitOpsAgent, webhooks } = options;
  const logs = ['--log-format', 'json'];
  const common = ['--namespace', namespace, ...logs];
  const shared = [
    '--shared-namespace',
    sharedNamespace,
    '--system-namespace',
    systemNamespace,
    '--argocd-namespace',
    argoCDNamespace,
    ...common,
  ];
  const controllerArgs = ['controller', '--data', '/data', ...shared, ...(analysis ? [] : ['--no-analysis'])];
  const parts: Part[] = [
    { name: ACCOUNTS.controller, account: ACCOUNTS.controller, component: 'controller', args: controllerArgs, memory: '1Gi' },
    ...shards.map((shard) => ({
      name: `${ACCOUNTS.controller}-${shard}`,
      account: `${ACCOUNTS.controller}-${shard}`,
      component: 'controller',
      args: [...controllerArgs, '--shard-name', shard],
      memory: '1Gi',
    })),
    {
      name: ACCOUNTS.server,
      account: ACCOUNTS.server,
      component: 'server',
      args: ['server', '--data', '/data', ...shared],
      memory: '512Mi',
      port: { name: 'http', number: 8080, path: '/healthz', livePath: '/healthz', scheme: 'HTTP' },
    },
  ];
  if (webhooks)
    parts.push({
      name: ACCOUNTS.webhooks,
      account: ACCOUNTS.webhooks,
      component: 'webhooks',
      args: ['webhooks', ...common],
      memory: '512Mi',
      port: { name: 'https', number: 9443, path: '/readyz', livePath: '/healthz', scheme: 'HTTPS' },
    });
  if (gitOpsAgent)
    parts.push({
      name: ACCOUNTS.agent,
      account: ACCOUNTS.agent,
      component: 'gitops-agent',
      args: ['controller', '--components', 'gitops-agent', '--data', '/data', ...shared],
      memory: '1Gi',
    });
  const out = parts.map((part) => deployment(part, options));
  out.push(service(ACCOUNTS.server, 'server', namespace, { port: 80, targetPort: 'http' }), budget('server', options));
  if (webhooks)
    out.push(service(WEBHOOK_SERVICE, 'webhooks', namespace, { port: 443, targetPort: 'https' }), budget('webhooks', options));
  return out;
}

function labelsOf(component: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'kargo', 'app.kubernetes.io/component': component };
}

function deployment(part: Part, { namespace, image, replicas, environment }: DeploymentOptions): KubeObject {
  const { name, account, component, args, memory, port } = part;
  const labels = { ...labelsOf(component), 'app.kubernetes.io/instance': name };
  const probe = (path: string): object => ({ httpGet: { path, port: port?.name, scheme: port?.scheme } });
  return {
    apiVersion: apiVersionOf(Deployment),
    kind: Deployment.kind,
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: account,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: component,
              image,
              args,
              env: Object.entries({ HOME: '/data', ...environment }).map(([key, value]) => ({ name: key, value })),
              // What is secret of their environment, if there is any.
              envFrom: [{ secretRef: { name: account, optional: true } }],
              ...(port === undefined
                ? {}
                : {
                    ports: [{ name: port.name, containerPort: port.number }],
                    readinessProbe: { ...probe(port.path), periodSeconds: 5 },
                    livenessProbe: { ...probe(port.livePath), periodSeconds: 10, failureThreshold: 6 },
                  }),
              resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'data', mountPath: '/data' },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    },
  } as KubeObject;
}

function service(
  name: string,
  component: string,
  namespace: string,
  { port, targetPort }: { port: number; targetPort: string },
): KubeObject {
  return {
    apiVersion: apiVersionOf(Service),
    kind: Service.kind,
    metadata: { name, namespace, labels: labelsOf(component) },
    spec: { selector: labelsOf(component), ports: [{ name: targetPort, port, targetPort }] },
  } as KubeObject;
}

/** Nodes that are emptied leave one replica running. */
function budget(component: string, { namespace }: DeploymentOptions): KubeObject {
  return {
    apiVersion: apiVersionOf(PodDisruptionBudget),
    kind: PodDisruptionBudget.kind,
    metadata: { name: `kargo-${component}`, namespace, labels: labelsOf(component) },
    spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(component) } },
  } as KubeObject;
}
