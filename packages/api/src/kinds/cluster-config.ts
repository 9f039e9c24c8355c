import { defineKind, type ObjectOfKind } from '../kind.ts';
import { s, type Static } from '../schema/schema.ts';
import { freightLinksSchema, promotionWindowsSchema, readyColumns, stageLinksSchema } from './configuration.ts';
import { GROUP, VERSION } from './patterns.ts';
import { configurationStatusSchema } from './project.ts';
import { webhookReceiversSchema } from './receivers.ts';

/** The one name a ClusterConfig may have. */
export const CLUSTER_CONFIG_NAME = 'cluster';

export const clusterConfigSpecSchema = s.object(
  {
    webhookReceivers: s.optional(webhookReceiversSchema),
    freightLinks: s.optional(freightLinksSchema),
    stageLinks: s.optional(stageLinksSchema),
    promotionWindows: s.optional(promotionWindowsSchema),
    gitClient: s.optional(
      s.object(
        {
          name: s.string({ minLength: 1, doc: 'Name of the author of commits.' }),
          email: s.string({ minLength: 1, format: 'email', doc: 'Address of the author of commits.' }),
          signingKeySecret: s.optional(
            s.object(
              { name: s.optional(s.string({ default: '', doc: 'Name of the Secret.' })) },
              { mapType: 'atomic', doc: 'Secret with the key that signs commits, under `signingKey`.' },
            ),
          ),
        },
        { doc: 'Who makes commits, unless a step says otherwise.' },
      ),
    ),
  },
  { doc: 'How the installation behaves.' },
);
export type ClusterConfigSpec = Static<typeof clusterConfigSpecSchema>;

/** The configuration of the whole installation. There is one, named `cluster`. */
export const ClusterConfig = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'ClusterConfig',
  plural: 'clusterconfigs',
  shortNames: ['clusterconfig', 'clusterconfigs'],
  scope: 'Cluster',
  statusSubresource: true,
  printerColumns: readyColumns,
  schema: s.object(
    { spec: s.optional(clusterConfigSpecSchema), status: s.optional(configurationStatusSchema) },
    { doc: 'The configuration of the whole installation. There is one, named `cluster`.' },
  ),
});
export type ClusterConfig = ObjectOfKind<typeof ClusterConfig>;
