import type { Warehouse } from '@kargo/api';
import { useState } from 'react';
import { External } from '../../components/artifact-list.tsx';
import { Icon } from '../../components/icon.tsx';
import { Time } from '../../components/time.tsx';
import { foundBy, type Found } from '../../pipeline/assembly.ts';
import { imageLink, webAddress } from '../../pipeline/links.ts';
import { subscriptionsOf } from '../../pipeline/subscriptions.ts';

/** Artifacts shown before one asks for the rest. */
const SHOWN = 3;

/** What a warehouse looks at, how it chooses, and what it has found. */
export function SourceList({ warehouse }: { warehouse: Warehouse }): React.ReactNode {
  const found = foundBy(warehouse.status ?? {});
  return (
    <ul className="sources-found" aria-label="Subscriptions">
      {subscriptionsOf(warehouse).map((source, index) => {
        const mine = found.find(({ kind, repository }) => kind === source.kind && repository.startsWith(source.repository));
        const rules = Object.entries(source.content).filter(
          ([key]) => key !== 'repoURL' && key !== 'name' && key !== 'discoveryLimit',
        );
        return (
          <li key={index}>
            <header>
              <Icon name={source.kind} />
              <External
                href={
                  source.kind === 'image'
                    ? imageLink(source.repository)
                    : source.kind === 'git'
                      ? webAddress(source.repository)
                      : undefined
                }
              >
                {source.repository}
              </External>
              {source.name === undefined ? null : <span className="chip">{source.name}</span>}
            </header>
            {rules.length === 0 ? null : (
              <p className="rules">
                {rules.map(([key, value]) => (
                  <span key={key} className="chip">
                    {key} <span className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</span>
                  </span>
                ))}
              </p>
            )}
            {mine === undefined || mine.choices.length === 0 ? (
              <p className="muted">Nothing found that matches.</p>
            ) : (
              <FoundList found={mine} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

function FoundList({ found }: { found: Found }): React.ReactNode {
  const [all, setAll] = useState(false);
  const shown = all ? found.choices : found.choices.slice(0, SHOWN);
  return (
    <>
      <ul className="list found" aria-label={`Found in ${found.repository}`}>
        {shown.map(({ value, label, detail, at }) => (
          <li key={value}>
            <span className="ver">{label}</span>
            <span className="muted small-text grow-text">{detail}</span>
            <Time at={at} />
          </li>
        ))}
      </ul>
      {found.choices.length > shown.length ? (
        <button type="button" className="btn small" onClick={() => setAll(true)}>
          {found.choices.length - shown.length} more
        </button>
      ) : null}
    </>
  );
}
