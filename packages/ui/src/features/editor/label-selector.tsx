import { useEffect, useState } from 'react';
import { Icon, IconButton } from '../../components/icon.tsx';
import { MapField } from '../../components/schema-form/map-field.tsx';
import type { Path } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';

interface Props {
  manifest: Manifest;
  /** Of the selector. */
  path: Path;
  selector: { matchLabels?: unknown; matchExpressions?: unknown } | undefined;
  /** Whose it is, for screen readers. */
  label: string;
}

interface Expression {
  key?: unknown;
  operator?: unknown;
  values?: unknown;
}

/** What is said in the YAML, and to people. */
const OPERATORS = [
  ['In', 'is one of'],
  ['NotIn', 'is none of'],
  ['Exists', 'is there'],
  ['DoesNotExist', 'is not there'],
] as const;

/** Labels that something has to have: with certain values, or by rules. All have to hold. */
export function LabelSelector({ manifest, path, selector, label }: Props): React.ReactNode {
  const list = [...path, 'matchExpressions'];
  const expressions = Array.isArray(selector?.matchExpressions) ? (selector.matchExpressions as Expression[]) : [];
  return (
    <div className="selector">
      <MapField
        manifest={manifest}
        schema={{ additionalProperties: { type: 'string' } }}
        path={[...path, 'matchLabels']}
        value={selector?.matchLabels}
        label={`Labels of ${label}`}
      />
      <div className="group-field" role="group" aria-label={`Rules of ${label}`}>
        <div className="group-head">
          <span className="group-label">Rules of {label}</span>
          <button
            type="button"
            className="link-button"
            aria-label={`Add rule to ${label}`}
            onClick={() => manifest.edit([...list, expressions.length], { key: '', operator: 'In', values: [''] })}
          >
            <Icon name="plus" /> Add
          </button>
        </div>
        {expressions.map((expression, index) => (
          <Rule
            key={index}
            manifest={manifest}
            path={[...list, index]}
            expression={expression}
            label={`Rule ${index + 1} of ${label}`}
            remove={() => manifest.edit(expressions.length === 1 ? list : [...list, index], undefined)}
          />
        ))}
      </div>
    </div>
  );
}

function Rule({
  manifest,
  path,
  expression,
  label,
  remove,
}: {
  manifest: Manifest;
  path: Path;
  expression: Expression;
  label: string;
  remove: () => void;
}): React.ReactNode {
  const { key = '', operator = '' } = expression;
  const values = Array.isArray(expression.values) ? (expression.values as unknown[]).map(String) : [];
  const takesValues = operator !== 'Exists' && operator !== 'DoesNotExist';
  const choose = (next: string): void => {
    const { values: _, ...rest } = expression;
    const needs = next === 'In' || next === 'NotIn';
    if (needs === takesValues) manifest.edit([...path, 'operator'], next);
    else manifest.edit(path, { ...rest, operator: next, ...(needs ? { values: [''] } : {}) });
  };
  const known = OPERATORS.some(([name]) => name === operator);
  return (
    <div className="rule-row">
      <input
        aria-label={`${label}: label`}
        className="mono"
        placeholder="label"
        value={String(key)}
        spellCheck={false}
        onChange={({ target }) => manifest.edit([...path, 'key'], target.value)}
      />
      <select aria-label={`${label}: what holds`} value={String(operator)} onChange={({ target }) => choose(target.value)}>
        {known ? null : <option>{String(operator)}</option>}
        {OPERATORS.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
      {takesValues ? (
        <Values label={`${label}: values`} values={values} set={(next) => manifest.edit([...path, 'values'], next)} />
      ) : (
        <span />
      )}
      <IconButton name="close" label={`Remove ${label}`} onClick={remove} />
      {problemsAt(manifest.problems, path, false).map(({ message }) => (
        <p key={message} className="problem">
          {message}
        </p>
      ))}
    </div>
  );
}

/** Values behind commas. What is typed stays as it is while it means the same. */
function Values({
  label,
  values,
  set,
}: {
  label: string;
  values: readonly string[];
  set: (values: readonly string[]) => void;
}): React.ReactNode {
  const outside = values.join(', ');
  const [text, setText] = useState(outside);
  useEffect(() => setText((before) => (read(before).join(', ') === outside ? before : outside)), [outside]);
  return (
    <input
      aria-label={label}
      placeholder="values, behind commas"
      value={text}
      spellCheck={false}
      onChange={({ target }) => {
        setText(target.value);
        set(read(target.value));
      }}
    />
  );
}

function read(text: string): string[] {
  const values = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  return values.length === 0 ? [''] : values;
}
