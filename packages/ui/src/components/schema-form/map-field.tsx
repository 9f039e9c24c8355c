import { useId, useState } from 'react';
import { isRecord } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import { Icon, IconButton } from '../icon.tsx';
import type { SchemaFieldProps } from './field-props.ts';
import { hintOf, singular } from './words.ts';

/** Values by keys that the person chooses. */
export function MapField({ manifest, schema, path, value, label, required }: SchemaFieldProps): React.ReactNode {
  const id = useId();
  const entries = Object.entries(isRecord(value) ? value : {});
  const [fresh, setFresh] = useState<string>();
  const problems = problemsAt(manifest.problems, path).map(({ message }) => message);
  const one = singular(label);
  const isText = typeof schema.additionalProperties === 'object' && schema.additionalProperties.type === 'string';
  const read = (text: string): unknown => {
    if (isText) return text;
    if (text === 'true' || text === 'false') return text === 'true';
    return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  };
  const rename = (from: string, to: string): void => {
    if (to === '' || to === from || entries.some(([key]) => key === to)) return;
    manifest.edit(path, Object.fromEntries(entries.map(([key, each]) => [key === from ? to : key, each])));
  };
  const add = (): void => {
    if (fresh !== undefined && fresh !== '' && !entries.some(([key]) => key === fresh)) manifest.edit([...path, fresh], '');
    setFresh(undefined);
  };
  return (
    <div className="group-field" role="group" aria-labelledby={id}>
      <div className="group-head">
        <span id={id} className="group-label">
          {label}
          {required === true ? <span className="required"> required</span> : null}
        </span>
        <button type="button" className="link-button" aria-label={`Add ${one}`} onClick={() => setFresh('')}>
          <Icon name="plus" /> Add
        </button>
      </div>
      {schema.description === undefined ? null : <p className="hint">{hintOf(schema.description)}</p>}
      {problems.length === 0 ? null : <p className="problem">{problems.join(' ')}</p>}
      {entries.map(([key, each]) => (
        <div className="pair-row" key={key}>
          <input
            aria-label={`${label}: key`}
            className="mono"
            defaultValue={key}
            spellCheck={false}
            onBlur={(event) => rename(key, event.target.value)}
          />
          <input
            aria-label={`${label}: value of ${key}`}
            value={typeof each === 'object' && each !== null ? JSON.stringify(each) : String(each ?? '')}
            disabled={typeof each === 'object' && each !== null}
            spellCheck={false}
            onChange={(event) => manifest.edit([...path, key], read(event.target.value))}
          />
          <IconButton
            name="close"
            label={`Remove ${key}`}
            onClick={() => manifest.edit(entries.length === 1 ? path : [...path, key], undefined)}
          />
        </div>
      ))}
      {fresh === undefined ? null : (
        <div className="pair-row">
          <input
            aria-label={`${label}: new key`}
            className="mono"
            placeholder="key"
            autoFocus
            value={fresh}
            spellCheck={false}
            onChange={(event) => setFresh(event.target.value)}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              add();
            }}
          />
          <span className="muted small-text">then its value</span>
        </div>
      )}
    </div>
  );
}
