/** Argo CD's AppProject. Fields beyond those named here are kept as they come. */
import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s } from '../schema/schema.ts';

const groupKindSchema = s.object({ group: s.string(), kind: s.string() }, { preserveUnknown: true });

const syncWindowSchema = s.object(
  {
    kind: s.optional(s.string()),
    schedule: s.optional(s.string()),
    duration: s.optional(s.string()),
    applications: s.optional(s.array(s.string())),
    namespaces: s.optional(s.array(s.string())),
    clusters: s.optional(s.array(s.string())),
    manualSync: s.optional(s.bool()),
    timeZone: s.optional(s.string()),
    andOperator: s.optional(s.bool()),
  },
  { preserveUnknown: true },
);

/** What Applications of a project may be made of, and where and when they may be deployed. */
export const AppProject = defineKind({
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'AppProject',
  plural: 'appprojects',
  shortNames: ['appproj', 'appprojs'],
  printerColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
  schema: s.object({
    spec: s.object(
      {
        description: s.optional(s.string()),
        sourceRepos: s.optional(s.array(s.string())),
        sourceNamespaces: s.optional(s.array(s.string())),
        destinations: s.optional(
          s.array(
            s.object(
              { server: s.optional(s.string()), name: s.optional(s.string()), namespace: s.optional(s.string()) },
              { preserveUnknown: true },
            ),
          ),
        ),
        clusterResourceWhitelist: s.optional(s.array(groupKindSchema)),
        clusterResourceBlacklist: s.optional(s.array(groupKindSchema)),
        namespaceResourceWhitelist: s.optional(s.array(groupKindSchema)),
        namespaceResourceBlacklist: s.optional(s.array(groupKindSchema)),
        syncWindows: s.optional(s.array(syncWindowSchema)),
      },
      { preserveUnknown: true },
    ),
    status: s.optional(s.anyObject()),
  }),
});
export type AppProject = ObjectOfKind<typeof AppProject>;
