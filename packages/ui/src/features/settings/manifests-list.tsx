import { useParams } from 'react-router';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { deleteManifest } from '../../data/manifests.ts';
import { useServices } from '../../services.ts';
import { stringify } from 'yaml';
import { NameLink, nameOf, ObjectTable, SINCE } from './object-table.tsx';
import { useScope } from './scope.ts';
import { Loaded, Section } from './section.tsx';
import { useResource } from './use-resource.ts';

/** Kinds that are edited as manifests in the settings. */
export type ListedKind = 'AnalysisTemplate' | 'ClusterAnalysisTemplate' | 'PromotionTask' | 'ClusterPromotionTask';

export interface ListedFacts {
  apiVersion: string;
  title: string;
  about: string;
  one: string;
  /** Last part of the route of the API. */
  route: string;
  /** Last part of the address of its screens. */
  path: string;
  isShared: boolean;
  /** What a new one begins with. */
  spec: object;
}

const METRIC = {
  metrics: [
    {
      name: 'smoke',
      count: 1,
      provider: {
        job: {
          spec: {
            backoffLimit: 0,
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'smoke', image: 'alpine', command: ['true'] }] } },
          },
        },
      },
    },
  ],
};
const ANALYSIS = 'What verifications measure, and when they count as passed.';
const TASK = 'Steps that several stages use by one name.';
const STEPS = { steps: [{ uses: 'fail', config: { message: 'write the steps of this task' } }] };

export const LISTED: Readonly<Record<ListedKind, ListedFacts>> = {
  AnalysisTemplate: {
    apiVersion: 'argoproj.io/v1alpha1',
    title: 'Analysis templates',
    about: ANALYSIS,
    one: 'analysis template',
    route: 'analysis-templates',
    path: 'analysis-templates',
    isShared: false,
    spec: METRIC,
  },
  ClusterAnalysisTemplate: {
    apiVersion: 'argoproj.io/v1alpha1',
    title: 'Analysis templates',
    about: `${ANALYSIS} All projects can use these.`,
    one: 'analysis template',
    route: 'cluster-analysis-templates',
    path: 'analysis-templates',
    isShared: true,
    spec: METRIC,
  },
  PromotionTask: {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    title: 'Promotion tasks',
    about: TASK,
    one: 'promotion task',
    route: 'promotion-tasks',
    path: 'promotion-tasks',
    isShared: false,
    spec: STEPS,
  },
  ClusterPromotionTask: {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    title: 'Promotion tasks',
    about: `${TASK} All projects can use these.`,
    one: 'promotion task',
    route: 'cluster-promotion-tasks',
    path: 'cluster-promotion-tasks',
    isShared: true,
    spec: STEPS,
  },
};

interface Item {
  metadata: { name?: string; creationTimestamp?: string };
  spec?: { metrics?: { name?: string }[]; steps?: { uses?: string; task?: { name?: string } }[] };
}

/** Everything of a kind, by name. */
export function ManifestsList({ kind }: { kind: ListedKind }): React.ReactNode {
  const { api } = useServices();
  const { project } = useParams();
  const { apiVersion, title, about, one, route, path, isShared } = LISTED[kind];
  const scope = useScope(isShared ? 'shared' : 'project');
  const base = `${scope.base}/${path}`;
  const resource = useResource<{ items: Item[] }>(`${scope.api}/${route}`);
  return (
    <Section title={title} about={about} add={{ label: `New ${one}`, to: `${base}/new` }}>
      <Loaded resource={resource} isEmpty={({ items }) => items.length === 0} empty="None yet.">
        {({ items }) => (
          <ObjectTable
            items={items}
            keyOf={nameOf}
            columns={[
              { title: 'Name', cell: (item) => <NameLink to={`${base}/${nameOf(item)}`} name={nameOf(item)} /> },
              {
                title: kind.endsWith('Task') ? 'Steps' : 'Metrics',
                mono: true,
                cell: ({ spec }) =>
                  kind.endsWith('Task')
                    ? spec?.steps?.map(({ uses, task }) => uses ?? task?.name).join(', ')
                    : spec?.metrics?.map(({ name }) => name).join(', '),
              },
              SINCE,
            ]}
            actions={(item) => (
              <ConfirmButton
                question={`Delete the ${one} ${nameOf(item)}? What uses it fails from then on.`}
                keep="Keep it"
                run={async () => {
                  const metadata = { name: nameOf(item), ...(isShared ? {} : { namespace: project }) };
                  await deleteManifest(api, stringify({ apiVersion, kind, metadata }));
                  resource.reload();
                }}
              >
                Delete
              </ConfirmButton>
            )}
          />
        )}
      </Loaded>
    </Section>
  );
}
