/** The kinds of Argo Rollouts and Argo CD as they publish them, in place of this project's own: an API that is as strict as a cluster is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allKinds, CustomResourceDefinition, type Kind, type KubeObject } from '@kargo/api';
import type { Client } from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { parse } from 'yaml';

const folder = join(process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared'), 'reference', 'argo');

/** The published definitions; none where the folder with them is not at hand, which is then said. */
export function publishedDefinitions(): KubeObject[] {
  if (!existsSync(folder)) {
    console.warn(`skipped: the published definitions of Argo are not in ${folder}`);
    return [];
  }
  return readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), 'utf8')) as KubeObject);
}

interface Definition {
  spec: { group: string; names: { kind: string } };
}

function isDefined(kind: Pick<Kind, 'group' | 'kind'>, definitions: readonly KubeObject[]): boolean {
  return (definitions as unknown as Definition[]).some(({ spec }) => spec.group === kind.group && spec.names.kind === kind.kind);
}

/** The kinds that an API serves by itself beside such definitions. */
export function kindsBeside(definitions: readonly KubeObject[]): Kind[] {
  return allKinds.filter((kind) => !isDefined(kind, definitions));
}

/** Defines the kinds, and waits until they are served. */
export async function define(client: Client, definitions: readonly KubeObject[]): Promise<void> {
  for (const definition of definitions)
    await client.create(CustomResourceDefinition, { ...definition, status: undefined } as unknown as CustomResourceDefinition);
  for (const { metadata } of definitions)
    for (;;) {
      const { status } = await client.get(CustomResourceDefinition, { name: metadata.name ?? '' });
      const conditions = (status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? [];
      if (conditions.some(({ type, status: is }) => type === 'Established' && is === 'True')) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
}

/** A client whose writes of Argo's kinds are refused for every field that the definitions do not know, instead of losing it. */
export function strict(client: Client): Client {
  const isArgo = ({ group }: { group: string }): boolean => group === 'argoproj.io';
  const more = (kind: { group: string }): { fieldValidation?: 'Strict' } => (isArgo(kind) ? { fieldValidation: 'Strict' } : {});
  return {
    ...interceptClient(client, {}),
    create: (kind, object, options) => client.create(kind, object, { ...options, ...more(kind) }),
    update: (kind, object, options) => client.update(kind, object, { ...options, ...more(kind) }),
    patch: (kind, key, patch, options) => client.patch(kind, key, patch, { ...options, ...more(kind) }),
  };
}
