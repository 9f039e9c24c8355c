import type { CommandDefinition, CommandEntry } from '../../command.ts';
import type * as DataKinds from './data-kinds.ts';
import type { DataKind } from './data-kinds.ts';

/** What is done to named data: with which verb its help begins, and how each kind is loaded. */
interface Deeds {
  verb: string;
  /** For config maps and generic credentials. */
  data: (kind: DataKind) => Promise<CommandDefinition>;
  repoCredentials: (kind: DataKind) => Promise<CommandDefinition>;
}

/** Names that people give to credentials of a sort: in the plural or singular, in full or short, with or without the hyphen. */
function aliasesOf(sort: string): string[] {
  const words = ['credentials', 'credential', 'creds', 'cred'];
  return [...words.map((word) => `${sort}-${word}`), ...words.map((word) => `${sort}${word}`)].filter(
    (name) => name !== `${sort}-credentials`,
  );
}

/** The commands of a group about config maps and credentials. Config maps go by `configMapName`, or by its other names. */
export function dataEntries({ verb, data, repoCredentials }: Deeds, configMapName = 'configmap'): readonly CommandEntry[] {
  const kinds = (): Promise<typeof DataKinds> => import('./data-kinds.ts');
  return [
    {
      name: configMapName,
      aliases: ['configmap', 'configmaps', 'cm'].filter((name) => name !== configMapName),
      summary: `${verb} config maps`,
      load: async () => data((await kinds()).configMaps),
    },
    {
      name: 'generic-credentials',
      aliases: aliasesOf('generic'),
      summary: `${verb} generic credentials`,
      load: async () => data((await kinds()).genericCredentials),
    },
    {
      name: 'repo-credentials',
      aliases: aliasesOf('repo'),
      summary: `${verb} repo credentials`,
      load: async () => repoCredentials((await kinds()).repoCredentials),
    },
  ];
}
