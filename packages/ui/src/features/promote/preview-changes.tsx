import { useState } from 'react';
import { DiffView } from '../../components/diff-view.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { commitsOf, detailOf, filesOf, sentenceOf, type Preview, type PreviewEffect } from '../../data/preview.ts';

const TABS = ['Files', 'Objects', 'Effects'] as const;
type Tab = (typeof TABS)[number];

/** What would change: files that are committed, objects that are rendered otherwise, and everything else that is done. */
export function PreviewChanges({ preview }: { preview: Preview }): React.ReactNode {
  const [tab, setTab] = useState<Tab>('Files');
  const commits = commitsOf(preview);
  const files = filesOf(preview);
  const effects = preview.steps.flatMap(({ alias, effects: all }) => all.map((effect) => ({ alias, effect })));
  return (
    <Tabs
      label="What would change"
      tabs={TABS}
      chosen={tab}
      choose={setTab}
      counts={{ Files: files.length, Objects: preview.manifests.length, Effects: effects.length }}
    >
      {tab === 'Files' ? (
        files.length === 0 ? (
          <p className="muted">No file would change.</p>
        ) : (
          commits.map(({ place, message, files: own, more }, index) => (
            <section key={index} aria-label={`Commit to ${place}`}>
              <p className="small-text muted commit-of">
                {place} <strong>{message.split('\n', 1)[0]}</strong>
              </p>
              {own.map(({ path, change, diff, binary, truncated }) => (
                <DiffView
                  key={path}
                  title={path}
                  change={change}
                  diff={diff}
                  truncated={truncated}
                  instead={binary === true ? 'Not shown: it is no text, or too large.' : undefined}
                />
              ))}
              {more === 0 ? null : <p className="muted">and {more.toLocaleString()} more files, not listed.</p>}
            </section>
          ))
        )
      ) : tab === 'Objects' ? (
        preview.manifests.length === 0 ? (
          <p className="muted">No object would be rendered otherwise than now.</p>
        ) : (
          preview.manifests.map(({ kind, namespace, name, path, change, diff, truncated }) => (
            <DiffView
              key={`${kind} ${namespace} ${name} ${path}`}
              title={`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`}
              subtitle={path}
              change={change}
              diff={diff}
              truncated={truncated}
            />
          ))
        )
      ) : effects.length === 0 ? (
        <p className="muted">Nothing outside would be touched.</p>
      ) : (
        <ul className="list" aria-label="Effects">
          {effects.map(({ alias, effect }, index) => (
            <li key={index} className="effect">
              <strong>{sentenceOf(effect)}</strong>
              <span className="muted small-text">step {alias}</span>
              <Detail effect={effect} />
            </li>
          ))}
        </ul>
      )}
    </Tabs>
  );
}

function Detail({ effect }: { effect: PreviewEffect }): React.ReactNode {
  const text = detailOf(effect);
  return text === undefined ? null : (
    <pre className="manifest" tabIndex={0}>
      {text}
    </pre>
  );
}
