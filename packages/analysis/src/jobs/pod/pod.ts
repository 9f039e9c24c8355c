import type { Workload } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import type { ContainerToRun } from '../executor.ts';
import { environmentOf, expandVariables, type EnvironmentSpec } from './environment.ts';
import { ReferencedValues } from './referenced-values.ts';
import { unsupportedFields } from './unsupported.ts';
import { readVolume, type VolumeSpec, type VolumeToMount } from './volumes.ts';

interface SecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
}

interface ContainerSpec extends EnvironmentSpec {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  resources?: { limits?: { cpu?: string | number; memory?: string | number } };
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
}

interface PodSpec {
  containers?: ContainerSpec[];
  initContainers?: ContainerSpec[];
  volumes?: VolumeSpec[];
  securityContext?: SecurityContext;
  terminationGracePeriodSeconds?: number;
}

export interface PodToRun {
  initContainers: ContainerToRun[];
  containers: ContainerToRun[];
  volumes: VolumeToMount[];
  /** Milliseconds between SIGTERM and SIGKILL. */
  grace: number;
  /** Values that came from Secrets. */
  secrets: string[];
  /** What the Job asks for that cannot be done outside a cluster. */
  warnings: string[];
}

const DEFAULT_GRACE_SECONDS = 30;

/** Turns the Pod template of a Job into containers with their whole environment. Fails, naming what is missing, if a reference leads nowhere. */
export async function podOfJob(job: Workload, reader: Reader): Promise<PodToRun> {
  const template = (job.spec?.['template'] ?? {}) as { spec?: PodSpec };
  const pod = template.spec ?? {};
  const warnings = unsupportedFields(job.spec ?? {});
  const values = new ReferencedValues(job, reader);
  const volumes: VolumeToMount[] = [];
  for (const volume of pod.volumes ?? [])
    volumes.push(await readVolume(volume, values, job, (message) => warnings.push(message)));
  const initContainers: ContainerToRun[] = [];
  for (const spec of pod.initContainers ?? []) initContainers.push(await containerOf(spec, pod, values));
  const containers: ContainerToRun[] = [];
  for (const spec of pod.containers ?? []) containers.push(await containerOf(spec, pod, values));
  if (containers.length === 0)
    throw new Error('the Pod template has no containers: give it at least one in spec.template.spec.containers');
  const grace = (pod.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  return { initContainers, containers, volumes, grace, secrets: values.secrets, warnings };
}

async function containerOf(spec: ContainerSpec, pod: PodSpec, values: ReferencedValues): Promise<ContainerToRun> {
  const env = await environmentOf(spec, values);
  const expand = (text: string): string => expandVariables(text, env);
  const user = spec.securityContext?.runAsUser ?? pod.securityContext?.runAsUser;
  const group = spec.securityContext?.runAsGroup ?? pod.securityContext?.runAsGroup;
  const { cpu, memory } = spec.resources?.limits ?? {};
  return {
    name: spec.name,
    image: spec.image ?? '',
    command: (spec.command ?? []).map(expand),
    args: (spec.args ?? []).map(expand),
    env,
    workingDir: spec.workingDir,
    imagePullPolicy: spec.imagePullPolicy,
    user: user === undefined ? undefined : `${user}${group === undefined ? '' : `:${group}`}`,
    limits: { cpu: cpu?.toString(), memory: memory?.toString() },
    mounts: (spec.volumeMounts ?? []).map((mount) => mountOf(mount, spec.name, pod)),
  };
}

function mountOf(
  { name, mountPath, subPath, readOnly }: NonNullable<ContainerSpec['volumeMounts']>[number],
  container: string,
  pod: PodSpec,
): ContainerToRun['mounts'][number] {
  if (pod.volumes?.some((volume) => volume.name === name) !== true)
    throw new Error(`container "${container}" mounts volume "${name}", which the Pod does not have`);
  if (!mountPath.startsWith('/') || mountPath.split('/').includes('..') || /[:,]/.test(mountPath))
    throw new Error(
      `container "${container}": mountPath ${JSON.stringify(mountPath)} must be an absolute path without "..", ":" and ","`,
    );
  if (subPath !== undefined && (subPath.startsWith('/') || subPath.split('/').includes('..')))
    throw new Error(`container "${container}": subPath ${JSON.stringify(subPath)} must stay within its volume`);
  return { volume: name, path: mountPath.replace(/(.)\/+$/, '$1'), subPath, readOnly: readOnly === true };
}
