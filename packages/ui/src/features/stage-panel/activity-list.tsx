import type { Promotion, Stage } from '@kargo/api';
import { useState } from 'react';
import { Link } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { labelOf, shortDuration, versionOf } from '../../pipeline/cells.ts';
import { lookOfPromotion, lookOfVerification } from '../../pipeline/state.ts';
import { useServices } from '../../services.ts';
import type { Model } from '../pipeline/use-model.ts';

type Entry =
  | { kind: 'promotion'; at: string; promotion: Promotion }
  | {
      kind: 'verification';
      at: string;
      id: string;
      phase: string | undefined;
      message: string | undefined;
      freight: string;
      from: string | undefined;
      to: string | undefined;
    };

const SHOWN = 30;

/** Promotions and verifications of a stage in one list, newest first. */
export function ActivityList({ project, stage, model }: { project: string; stage: Stage; model: Model }): React.ReactNode {
  const { api } = useServices();
  const [all, setAll] = useState(false);
  const name = stage.metadata.name ?? '';
  const entries = entriesOf(stage, model.promotions.ofStage(name)).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  if (entries.length === 0) return <p className="muted">Nothing has happened here yet.</p>;
  const shown = all ? entries : entries.slice(0, SHOWN);
  return (
    <>
      <ul className="list activity">
        {shown.map((entry) => {
          if (entry.kind === 'verification') {
            const look = lookOfVerification(entry.phase);
            const freight = model.data.freight.get(entry.freight);
            return (
              <li key={`v ${entry.id} ${entry.at}`}>
                <StatusShape look={look} />
                <span className="grow-text">
                  <Link to={`/project/${project}/stage/${name}/verification/${entry.id}`}>
                    {entry.phase === 'Successful' ? 'Verified' : `Verification ${look.word.toLowerCase()}`}
                  </Link>{' '}
                  <strong>{freight === undefined ? entry.freight.slice(0, 7) : labelOf(freight)}</strong>
                  {entry.message === undefined ? null : <span className="subject">{entry.message}</span>}
                </span>
                <span className="muted small-text">{took(entry.from, entry.to)}</span>
                <Time at={entry.at} />
              </li>
            );
          }
          const { promotion } = entry;
          const look = lookOfPromotion(promotion);
          const freight = model.data.freight.get(promotion.spec.freight ?? '');
          const over = look.word !== 'Promoting' && look.word !== 'Pending';
          const failed = look.word === 'Failed' || look.word === 'Errored' || look.word === 'Aborted';
          const actor = promotion.metadata.annotations?.['kargo.akuity.io/create-actor'];
          return (
            <li key={`p ${promotion.metadata.name}`}>
              <StatusShape look={look} />
              <span className="grow-text">
                <Link to={`/project/${project}/promotion/${promotion.metadata.name ?? ''}`}>
                  {look.word === 'Succeeded' ? 'Promoted' : look.word}
                </Link>{' '}
                <strong>{freight === undefined ? promotion.spec.freight?.slice(0, 7) : labelOf(freight)}</strong>{' '}
                <span className="ver">{freight === undefined ? '' : versionOf(freight)}</span>{' '}
                <span className="muted small-text">
                  {actor === undefined ? 'by auto-promotion' : `by ${actor.replace(/^\w+:/, '')}`}
                </span>
                {promotion.status?.message === undefined ? null : (
                  <span className={`subject ${look.tone === 'bad' ? 'bad' : ''}`}>{promotion.status.message}</span>
                )}
              </span>
              {over ? null : (
                <ActionButton small run={() => api.abortPromotion(project, promotion.metadata.name ?? '')}>
                  Abort
                </ActionButton>
              )}
              {failed && promotion.spec.freight !== undefined ? (
                <Link className="btn small" to={`/project/${project}/promote/freight/${promotion.spec.freight}/stage/${name}`}>
                  Retry
                </Link>
              ) : null}
              <span className="muted small-text">{took(promotion.status?.startedAt, promotion.status?.finishedAt)}</span>
              <Time at={entry.at} />
            </li>
          );
        })}
      </ul>
      {entries.length > shown.length ? (
        <button type="button" className="btn small" onClick={() => setAll(true)}>
          {entries.length - shown.length} more
        </button>
      ) : null}
    </>
  );
}

function entriesOf(stage: Stage, promotions: readonly Promotion[]): Entry[] {
  return [
    ...promotions.map((promotion): Entry => ({
      kind: 'promotion',
      promotion,
      at: promotion.status?.finishedAt ?? promotion.metadata.creationTimestamp ?? '',
    })),
    ...(stage.status?.freightHistory ?? []).flatMap((collection) =>
      (collection.verificationHistory ?? [])
        // Without a template nothing was measured: that is no news.
        .filter(({ analysisRun, phase }) => analysisRun !== undefined || phase !== 'Successful')
        .map((entry): Entry => ({
          kind: 'verification',
          at: entry.finishTime ?? entry.startTime ?? '',
          id: entry.id ?? '',
          phase: entry.phase,
          message: entry.message,
          freight: Object.values(collection.items ?? {})[0]?.name ?? '',
          from: entry.startTime,
          to: entry.finishTime,
        })),
    ),
  ];
}

function took(from: string | undefined, to: string | undefined): string {
  if (from === undefined || to === undefined) return '';
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 60_000 ? `${Math.max(0, Math.round(ms / 1000))} s` : shortDuration(ms);
}
