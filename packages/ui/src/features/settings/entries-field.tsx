import { useId } from 'react';
import { Icon, IconButton } from '../../components/icon.tsx';

export interface Entry {
  key: string;
  value: string;
  /** A value is stored already; an empty field keeps it. */
  isStored?: boolean | undefined;
}

interface Props {
  label: string;
  entries: readonly Entry[];
  set: (entries: readonly Entry[]) => void;
  /** Values are not shown. */
  secret?: boolean | undefined;
}

/** Keys and their values. Values of secrets are written but never read: what is stored shows as kept. */
export function EntriesField({ label, entries, set, secret }: Props): React.ReactNode {
  const id = useId();
  const change = (index: number, next: Partial<Entry>): void =>
    set(entries.map((each, at) => (at === index ? { ...each, ...next } : each)));
  return (
    <div className="group-field" role="group" aria-labelledby={id}>
      <div className="group-head">
        <span id={id} className="group-label">
          {label}
        </span>
        <button
          type="button"
          className="link-button"
          aria-label={`Add to ${label}`}
          onClick={() => set([...entries, { key: '', value: '' }])}
        >
          <Icon name="plus" /> Add
        </button>
      </div>
      {entries.map(({ key, value, isStored }, index) => (
        <div className="pair-row top" key={index}>
          <input
            aria-label={`Key ${index + 1}`}
            className="mono"
            placeholder="key"
            value={key}
            readOnly={isStored}
            spellCheck={false}
            autoComplete="off"
            onChange={({ target }) => change(index, { key: target.value })}
          />
          {secret === true ? (
            <input
              aria-label={`Value of ${key === '' ? `key ${index + 1}` : key}`}
              type="password"
              autoComplete="new-password"
              placeholder={isStored === true ? 'stored; leave empty to keep it' : 'value'}
              value={value}
              onChange={({ target }) => change(index, { value: target.value })}
            />
          ) : (
            <textarea
              aria-label={`Value of ${key === '' ? `key ${index + 1}` : key}`}
              rows={Math.min(Math.max(value.split('\n').length, 1), 12)}
              placeholder="value"
              value={value}
              spellCheck={false}
              onChange={({ target }) => change(index, { value: target.value })}
            />
          )}
          <IconButton
            name="close"
            label={`Remove ${key === '' ? `key ${index + 1}` : key}`}
            onClick={() => set(entries.filter((_, at) => at !== index))}
          />
        </div>
      ))}
    </div>
  );
}

/** The entries that have a key, as an object. Of two with the same key the later one counts. */
export function dataOf(entries: readonly Entry[]): Record<string, string> {
  return Object.fromEntries(entries.filter(({ key }) => key !== '').map(({ key, value }) => [key, value]));
}
