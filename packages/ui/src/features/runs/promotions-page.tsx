import type { Promotion } from '@kargo/api';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { Elapsed } from '../../components/elapsed.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { useQuery } from '../../components/use-query.ts';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { wordsOf } from '../../pipeline/filter.ts';
import { newestFirst } from '../../pipeline/promotion-index.ts';
import { lookOfPromotion } from '../../pipeline/state.ts';
import { useProject } from '../../services.ts';
import { FilterField } from '../pipeline/filter-field.tsx';
import { Screen } from '../shell/screen.tsx';

const SHOWS = ['all', 'running', 'failed'] as const;
type Show = (typeof SHOWS)[number];

/** All promotions of a project, newest first. */
export default function PromotionsPage(): React.ReactNode {
  const { project = '' } = useParams();
  const data = useProject(project);
  const [query, setQuery] = useQuery();
  const show = SHOWS.find((each) => each === query.get('show')) ?? 'all';
  const text = query.get('q') ?? '';
  const sorted = useMemo(() => [...data.promotions.values()].toSorted(newestFirst), [data.promotions]);
  const running = sorted.filter(isRunning);
  const failed = sorted.filter(isFailed);
  const words = wordsOf(text);
  const shown = (show === 'running' ? running : show === 'failed' ? failed : sorted).filter(({ metadata, spec, status }) => {
    const freight = data.freight.get(spec.freight ?? '');
    const texts = [
      metadata.name,
      spec.stage,
      freight === undefined ? spec.freight : labelOf(freight),
      freight === undefined ? '' : versionOf(freight),
      status?.phase,
      actorOf(metadata.annotations),
    ];
    return words.every((word) => texts.some((each) => each?.toLowerCase().includes(word)));
  });
  const set = (key: string, value: string): void => setQuery({ [key]: value === 'all' ? undefined : value }, { replace: true });
  return (
    <Screen project={project} title="Promotions" data={data}>
      <main className="table-page">
        <div className="headline">
          <h1>
            {running.length === 0
              ? 'No promotion is running'
              : `${running.length} ${running.length === 1 ? 'promotion is' : 'promotions are'} running or waiting`}
          </h1>
          <span className="grow" />
          <FilterField value={text} change={(value) => set('q', value)} placeholder="Filter promotions" />
          <Segmented<Show>
            label="Which"
            chosen={show}
            choose={(value) => set('show', value)}
            options={[
              { value: 'all', label: 'All', count: sorted.length },
              { value: 'running', label: 'Running', count: running.length },
              { value: 'failed', label: 'Failed', count: failed.length },
            ]}
          />
        </div>
        <VirtualTable
          label="Promotions"
          columns={['Freight', 'Stage', 'State', 'By', 'Took', 'When']}
          template="minmax(180px,1.2fr) minmax(120px,1fr) minmax(150px,1.4fr) minmax(110px,0.8fr) 80px 110px"
          items={shown}
          keyOf={({ metadata }) => metadata.name ?? ''}
          empty={data.loaded ? (sorted.length === 0 ? 'Nothing has been promoted yet.' : 'No promotion matches.') : 'Loading'}
          hrefOf={({ metadata }) => `/project/${project}/promotion/${metadata.name ?? ''}`}
          row={(promotion) => {
            const { metadata, spec, status } = promotion;
            const look = lookOfPromotion(promotion);
            const freight = data.freight.get(spec.freight ?? '');
            return [
              <Link
                key="freight"
                to={`/project/${project}/promotion/${metadata.name ?? ''}`}
                onClick={(event) => event.stopPropagation()}
              >
                <strong>{freight === undefined ? spec.freight?.slice(0, 7) : labelOf(freight)}</strong>{' '}
                <span className="ver">{freight === undefined ? '' : versionOf(freight)}</span>
              </Link>,
              <span key="stage" title={spec.stage}>
                {spec.stage}
              </span>,
              <span key="state" className={`with-shape ${look.tone}`} title={status?.message}>
                <StatusShape look={look} /> {look.word}
                {status?.phase === 'Running' ? (
                  <span className="muted">
                    step {(status.currentStep ?? 0) + 1} of {spec.steps.length}
                  </span>
                ) : null}
                {isFailed(promotion) ? <span className="muted one-line">{status?.message}</span> : null}
              </span>,
              <span key="by" className="muted one-line">
                {actorOf(metadata.annotations)}
              </span>,
              <Elapsed
                key="took"
                from={status?.startedAt}
                to={isRunning(promotion) ? undefined : (status?.finishedAt ?? status?.startedAt)}
              />,
              <Ago key="when" at={status?.finishedAt ?? metadata.creationTimestamp} />,
            ];
          }}
        />
      </main>
    </Screen>
  );
}

function isRunning({ status }: Promotion): boolean {
  return status?.phase === undefined || status.phase === 'Pending' || status.phase === 'Running';
}

function isFailed({ status }: Promotion): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Errored';
}

function actorOf(annotations: Readonly<Record<string, string>> | undefined): string {
  return annotations?.['kargo.akuity.io/create-actor']?.replace(/^\w+:/, '') ?? 'auto-promotion';
}
