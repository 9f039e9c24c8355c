import type { Workload } from '@kargo/api';
import type { ReferencedValues } from './referenced-values.ts';

/** A volume as files; an empty one is a folder that containers share. */
export interface VolumeToMount {
  name: string;
  files: readonly VolumeFile[];
}

export interface VolumeFile {
  /** Relative, without `..`. */
  path: string;
  content: Uint8Array;
  mode: number;
}

interface Item {
  key: string;
  path: string;
  mode?: number;
}

interface Source {
  name?: string;
  secretName?: string;
  items?: Item[];
  optional?: boolean;
  defaultMode?: number;
}

interface DownwardAPI {
  items?: { path: string; fieldRef?: { fieldPath: string }; mode?: number }[];
  defaultMode?: number;
}

export interface VolumeSpec {
  name: string;
  emptyDir?: unknown;
  secret?: Source;
  configMap?: Source;
  downwardAPI?: DownwardAPI;
  projected?: {
    sources?: { secret?: Source; configMap?: Source; downwardAPI?: DownwardAPI; [other: string]: unknown }[];
    defaultMode?: number;
  };
  [other: string]: unknown;
}

const DEFAULT_MODE = 0o644;

/** Reads what a volume holds. Kinds that are not supported here are empty, and `warn` is told. */
export async function readVolume(
  spec: VolumeSpec,
  values: ReferencedValues,
  job: Workload,
  warn: (message: string) => void,
): Promise<VolumeToMount> {
  const files: VolumeFile[] = [];
  if (spec.secret !== undefined) files.push(...(await sourceFiles('Secret', spec.secret, values, spec.secret.defaultMode)));
  else if (spec.configMap !== undefined)
    files.push(...(await sourceFiles('ConfigMap', spec.configMap, values, spec.configMap.defaultMode)));
  else if (spec.downwardAPI !== undefined) files.push(...downwardFiles(spec.downwardAPI, values, spec.downwardAPI.defaultMode));
  else if (spec.projected !== undefined) {
    const { defaultMode, sources = [] } = spec.projected;
    for (const { secret, configMap, downwardAPI, ...others } of sources) {
      if (secret !== undefined) files.push(...(await sourceFiles('Secret', secret, values, defaultMode)));
      if (configMap !== undefined) files.push(...(await sourceFiles('ConfigMap', configMap, values, defaultMode)));
      if (downwardAPI !== undefined) files.push(...downwardFiles(downwardAPI, values, defaultMode));
      for (const other of Object.keys(others))
        warn(`volume "${spec.name}": a projected ${other} is not supported outside a cluster; its files are missing`);
    }
  } else if (spec.emptyDir === undefined) {
    const kind = Object.keys(spec).find((key) => key !== 'name') ?? 'without a source';
    warn(`volume "${spec.name}" (${kind}) is not supported outside a cluster; it is an empty folder`);
  }
  for (const { path } of files) refuseEscape(path, spec.name, job);
  return { name: spec.name, files };
}

async function sourceFiles(
  kind: 'Secret' | 'ConfigMap',
  source: Source,
  values: ReferencedValues,
  defaultMode = DEFAULT_MODE,
): Promise<VolumeFile[]> {
  const name = source.secretName ?? source.name ?? '';
  const data = await values.bytes(kind, { name, optional: source.optional });
  if (source.items === undefined) return Object.entries(data).map(([path, content]) => ({ path, content, mode: defaultMode }));
  return source.items.flatMap(({ key, path, mode = defaultMode }) => {
    const content = data[key];
    if (content !== undefined) return [{ path, content, mode }];
    if (source.optional === true) return [];
    throw new Error(`key "${key}" does not exist in ${kind} "${name}"`);
  });
}

function downwardFiles({ items = [] }: DownwardAPI, values: ReferencedValues, defaultMode = DEFAULT_MODE): VolumeFile[] {
  return items.map(({ path, fieldRef, mode = defaultMode }) => ({
    path,
    content: new TextEncoder().encode(fieldRef === undefined ? '' : values.field(fieldRef.fieldPath)),
    mode,
  }));
}

function refuseEscape(path: string, volume: string, job: Workload): void {
  if (path !== '' && !path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..')) return;
  throw new Error(
    `volume "${volume}" of Job ${job.metadata.name}: the file path ${JSON.stringify(path)} must be relative and stay within the volume`,
  );
}
