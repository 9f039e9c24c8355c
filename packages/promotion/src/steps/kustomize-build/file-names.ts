/** Names of the files that rendered resources are written to. */

export interface ResourceIdentity {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
}

export const OUTPUT_FORMATS = ['kargo', 'kustomize'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What identifies a rendered resource. Absent parts are empty. */
export function identityOfResource(resource: unknown): ResourceIdentity {
  const { apiVersion, kind, metadata } = (resource ?? {}) as Partial<Record<string, unknown>>;
  const { name, namespace } = (metadata ?? {}) as Partial<Record<string, unknown>>;
  const [group, version] = textOf(apiVersion).includes('/') ? textOf(apiVersion).split('/', 2) : ['', textOf(apiVersion)];
  return { group: group ?? '', version: version ?? '', kind: textOf(kind), namespace: textOf(namespace), name: textOf(name) };
}

/**
 * One file name per resource, in their order, all different. `kargo`: `[<namespace>-]<kind>-<name>.yaml`, with the API group after the
 * kind where two would be equal; `kustomize`: as its `-o` names them, with namespaces only if there are several.
 */
export function fileNames(resources: readonly ResourceIdentity[], format: OutputFormat): string[] {
  const several = new Set(resources.map(({ namespace }) => namespace)).size > 1;
  const short = resources.map((resource) => (format === 'kargo' ? kargoName(resource) : kustomizeName(resource, several)));
  const names = short.map((name, index) => {
    const shared = short.indexOf(name) !== short.lastIndexOf(name);
    return shared && format === 'kargo' ? kargoName(resources[index]!, true) : name;
  });
  names.forEach((name, index) => {
    refuseUnsafe(name);
    if (names.indexOf(name) !== index) throw new Error(`two rendered resources would be written to the same file ${name}`);
  });
  return names;
}

function kargoName({ group, kind, namespace, name }: ResourceIdentity, withGroup = false): string {
  const qualified = withGroup && group !== '' ? `${kind}.${group}` : kind;
  return `${namespace === '' ? '' : `${namespace}-`}${qualified}-${name}.yaml`.toLowerCase();
}

function kustomizeName({ group, version, kind, namespace, name }: ResourceIdentity, withNamespace: boolean): string {
  const parts = [withNamespace ? namespace : '', group, version, kind, name];
  return `${parts.filter((part) => part !== '').join('_')}.yaml`.toLowerCase();
}

function refuseUnsafe(name: string): void {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name))
    throw new Error(
      `unsafe generated resource filename ${JSON.stringify(name)}: kinds, names and namespaces must not hold path separators`,
    );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
