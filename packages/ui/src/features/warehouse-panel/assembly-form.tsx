import type { Warehouse } from '@kargo/api';
import { useMemo, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { useOnline } from '../../components/online.ts';
import type { ProjectData } from '../../data/project-store.ts';
import { choicesOf, foundBy, freightOfChoices, type Choice, type Found } from '../../pipeline/assembly.ts';
import { labelOf } from '../../pipeline/cells.ts';
import { useServices } from '../../services.ts';

interface Props {
  project: string;
  warehouse: Warehouse;
  data: ProjectData;
}

/** Freight by hand: of each source one thing that was found, the newest if nobody chooses. */
export function AssemblyForm({ project, warehouse, data }: Props): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const online = useOnline();
  const [query] = useSearchParams();
  const [alias, setAlias] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const found = useMemo(() => foundBy(warehouse.status ?? {}), [warehouse]);
  const model = query.get('clone-freight');
  const cloned =
    model === null
      ? undefined
      : [...data.freight.values()].find((each) => labelOf(each) === model || each.metadata.name === model);
  const before = useMemo(() => (cloned === undefined ? undefined : choicesOf(found, cloned)), [found, cloned]);
  const [picked, setPicked] = useState<Readonly<Record<string, string>>>({});
  const chosen = found.flatMap(({ key, choices }): { key: string; choice: Choice }[] => {
    const choice = choices.find(({ value }) => value === picked[key]) ?? before?.get(key) ?? choices[0];
    return choice === undefined ? [] : [{ key, choice }];
  });
  const gone = before === undefined ? [] : found.filter(({ key }) => before.get(key) === undefined);
  if (found.every(({ choices }) => choices.length === 0))
    return <p className="muted">Nothing has been found yet that freight could be made of.</p>;
  const create = (): void => {
    setBusy(true);
    setError(undefined);
    const manifest = freightOfChoices(
      project,
      warehouse.metadata.name ?? '',
      alias.trim(),
      chosen.map(({ choice }) => choice),
    );
    api.createObject(manifest).then(
      (created) =>
        navigate({
          pathname: `/project/${project}/freight/${created.metadata.name ?? ''}`,
          search: `?origin=${encodeURIComponent(warehouse.metadata.name ?? '')}`,
        }),
      (cause: unknown) => {
        const message = cause instanceof Error ? cause.message : String(cause);
        setError(/already exists/.test(message) ? `There is freight of exactly these artifacts already. ${message}` : message);
        setBusy(false);
      },
    );
  };
  return (
    <form
      className="assembly"
      onSubmit={(event) => {
        event.preventDefault();
        create();
      }}
    >
      {cloned === undefined ? null : <p className="muted">Begun with what {labelOf(cloned)} is made of.</p>}
      {gone.length === 0 ? null : (
        <p className="inline-error">
          Not found any more, so the newest is chosen: what {model} has of {gone.map(({ repository }) => repository).join(', ')}.
        </p>
      )}
      {found.map((each) => (
        <Picker
          key={each.key}
          found={each}
          chosen={chosen.find(({ key }) => key === each.key)?.choice}
          pick={(value) => setPicked((all) => ({ ...all, [each.key]: value }))}
        />
      ))}
      <label className="stacked">
        Alias
        <input
          value={alias}
          placeholder="The server finds one"
          onChange={(event) => setAlias(event.target.value)}
          maxLength={253}
        />
      </label>
      {error === undefined ? null : (
        <p className="inline-error" role="alert">
          {error}
        </p>
      )}
      <p className="actions">
        <button type="submit" className="btn primary" disabled={busy || !online || chosen.length === 0}>
          Create freight
        </button>
      </p>
    </form>
  );
}

/** So many are shown at once; the filter finds the others. */
const SHOWN = 8;

function Picker({
  found,
  chosen,
  pick,
}: {
  found: Found;
  chosen: Choice | undefined;
  pick: (value: string) => void;
}): React.ReactNode {
  const [text, setText] = useState('');
  const matching = found.choices.filter(({ label, detail }) => `${label} ${detail}`.toLowerCase().includes(text.toLowerCase()));
  const shown = matching.slice(0, SHOWN);
  return (
    <fieldset className="picker">
      <legend>
        <Icon name={found.kind} /> <span className="mono">{found.repository}</span>
      </legend>
      {found.choices.length > SHOWN ? (
        <input
          type="search"
          aria-label={`Find in ${found.repository}`}
          placeholder={`Find among ${found.choices.length}`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      ) : null}
      {found.choices.length === 0 ? <p className="muted">Nothing found that matches.</p> : null}
      {shown.map(({ value, label, detail }) => (
        <label key={value} className="choice">
          <input type="radio" name={found.key} value={value} checked={chosen?.value === value} onChange={() => pick(value)} />
          <span className="ver">{label}</span>
          <span className="muted small-text">{detail}</span>
        </label>
      ))}
      {chosen !== undefined && !shown.includes(chosen) ? <p className="muted small-text">Chosen: {chosen.label}</p> : null}
    </fieldset>
  );
}
