/** `.argocd-source.yaml` and `.argocd-source-<app>.yaml`: changes to a source that lie beside its manifests. */
import type { ApplicationSource, Json } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import { applyMergePatch } from '@kargo/kube';
import { parse } from 'yaml';

const MAX_BYTES = 1_000_000;
const TOOLS = ['helm', 'kustomize', 'directory', 'plugin'] as const;

/** Names of the files, those of all Applications first. */
export function overrideFiles(app: string): readonly string[] {
  return ['.argocd-source.yaml', `.argocd-source-${app}.yaml`];
}

/** The source with what the files of its folder change of its tools; those of this Application alone win. Throws, naming the file, on bad YAML. */
export async function withOverrides(
  source: ApplicationSource,
  app: string,
  folder: string,
  workspace: Pick<Workspace, 'exists' | 'readFile'>,
): Promise<ApplicationSource> {
  let out = source;
  for (const name of overrideFiles(app)) {
    const file = `${folder}/${name}`;
    if (!(await workspace.exists(file))) continue;
    const text = new TextDecoder().decode(await workspace.readFile(file, { maxBytes: MAX_BYTES }));
    let changes: unknown;
    try {
      changes = parse(text) ?? {};
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    if (typeof changes !== 'object' || changes === null || Array.isArray(changes))
      throw new Error(`${name} must hold fields of a source, such as kustomize or helm`);
    for (const tool of TOOLS) {
      const change = (changes as Record<string, Json>)[tool];
      if (change !== undefined) out = { ...out, [tool]: applyMergePatch(out[tool], change) };
    }
  }
  return out;
}
