import { useMemo } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { Elapsed } from '../../components/elapsed.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { labelOf } from '../../pipeline/cells.ts';
import { wordsOf } from '../../pipeline/filter.ts';
import { isVerificationOver, lookOfVerification } from '../../pipeline/state.ts';
import { useProject } from '../../services.ts';
import { FilterField } from '../pipeline/filter-field.tsx';
import { Screen } from '../shell/screen.tsx';

/** Verifications of all stages that measured something, newest first. */
export default function VerificationsPage(): React.ReactNode {
  const { project = '' } = useParams();
  const data = useProject(project);
  const [query, setQuery] = useSearchParams();
  const text = query.get('q') ?? '';
  const all = useMemo(
    () =>
      [...data.stages.values()]
        .flatMap(({ metadata, status }) =>
          (status?.freightHistory ?? []).flatMap((collection) =>
            (collection.verificationHistory ?? [])
              .filter(({ analysisRun }) => analysisRun !== undefined)
              .map((entry) => ({
                stage: metadata.name ?? '',
                entry,
                freight: Object.values(collection.items ?? {})[0]?.name ?? '',
              })),
          ),
        )
        .toSorted((a, b) => ((a.entry.startTime ?? '') < (b.entry.startTime ?? '') ? 1 : -1)),
    [data.stages],
  );
  const running = all.filter(({ entry }) => !isVerificationOver(entry.phase)).length;
  const words = wordsOf(text);
  const shown = all.filter(({ stage, entry, freight }) => {
    const known = data.freight.get(freight);
    const texts = [stage, entry.phase, entry.analysisRun?.name, known === undefined ? freight : labelOf(known)];
    return words.every((word) => texts.some((each) => each?.toLowerCase().includes(word)));
  });
  return (
    <Screen project={project} title="Verifications" data={data}>
      <main className="table-page">
        <div className="headline">
          <h1>
            {running === 0
              ? 'Nothing is being verified'
              : `${running} ${running === 1 ? 'verification is' : 'verifications are'} running`}
          </h1>
          <span className="grow" />
          <FilterField
            value={text}
            change={(value) => setQuery(value === '' ? {} : { q: value }, { replace: true })}
            placeholder="Filter verifications"
          />
        </div>
        <VirtualTable
          label="Verifications"
          columns={['Freight', 'Stage', 'State', 'Took', 'When']}
          template="minmax(160px,1fr) minmax(120px,1fr) minmax(160px,1.6fr) 80px 110px"
          items={shown}
          keyOf={({ stage, entry }) => `${stage} ${entry.id}`}
          empty={data.loaded ? (all.length === 0 ? 'Nothing has been measured yet.' : 'No verification matches.') : 'Loading'}
          hrefOf={({ stage, entry }) => `/project/${project}/stage/${stage}/verification/${entry.id ?? ''}`}
          row={({ stage, entry, freight }) => {
            const look = lookOfVerification(entry.phase);
            const known = data.freight.get(freight);
            return [
              <Link
                key="freight"
                to={`/project/${project}/stage/${stage}/verification/${entry.id ?? ''}`}
                onClick={(event) => event.stopPropagation()}
              >
                <strong>{known === undefined ? freight.slice(0, 7) : labelOf(known)}</strong>
              </Link>,
              <span key="stage" title={stage}>
                {stage}
              </span>,
              <span key="state" className={`with-shape ${look.tone}`} title={entry.message}>
                <StatusShape look={look} /> {look.word}
                {entry.message === undefined || entry.message === '' ? null : (
                  <span className="muted one-line">{entry.message}</span>
                )}
              </span>,
              <Elapsed
                key="took"
                from={entry.startTime}
                to={isVerificationOver(entry.phase) ? (entry.finishTime ?? entry.startTime) : undefined}
              />,
              <Ago key="when" at={entry.finishTime ?? entry.startTime} />,
            ];
          }}
        />
      </main>
    </Screen>
  );
}
