import { useId } from 'react';
import type { Path } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import type { Schema } from '../../schemas/schemas.ts';
import { Icon, IconButton } from '../icon.tsx';
import type { SchemaFieldProps } from './field-props.ts';
import { TextControl } from './scalar-controls.tsx';
import { hintOf, singular } from './words.ts';

/** A list: a row for each plain value, a card for each object. */
export function ListField({
  manifest,
  schema,
  path,
  value,
  label,
  required,
  drawItem,
}: SchemaFieldProps & { drawItem: (item: SchemaFieldProps) => React.ReactNode }): React.ReactNode {
  const id = useId();
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  const item = schema.items ?? {};
  const problems = problemsAt(manifest.problems, path).map(({ message }) => message);
  const one = singular(label);
  const plain = item.type === 'string' && item.enum === undefined;
  const remove = (index: number): void => manifest.edit(items.length === 1 ? path : [...path, index], undefined);
  return (
    <div className="group-field" role="group" aria-labelledby={id}>
      <div className="group-head">
        <span id={id} className="group-label">
          {label}
          {required === true ? <span className="required"> required</span> : null}
        </span>
        <button
          type="button"
          className="link-button"
          aria-label={`Add ${one}`}
          onClick={() => manifest.edit([...path, items.length], emptyOf(item))}
        >
          <Icon name="plus" /> Add
        </button>
      </div>
      {schema.description === undefined ? null : <p className="hint">{hintOf(schema.description)}</p>}
      {problems.length === 0 ? null : <p className="problem">{problems.join(' ')}</p>}
      {typeof value === 'string' ? (
        <TextControl id={`${id}-text`} value={value} set={(next) => manifest.edit(path, next)} />
      ) : isPairs(item) ? (
        items.map((each, index) => (
          <PairRow
            key={index}
            manifest={manifest}
            path={[...path, index]}
            value={each}
            label={`${label} ${index + 1}`}
            remove={() => remove(index)}
          />
        ))
      ) : plain ? (
        items.map((each, index) => (
          <div className="item-row" key={index}>
            <input
              aria-label={`${label} ${index + 1}`}
              value={typeof each === 'object' ? JSON.stringify(each) : String(each ?? '')}
              spellCheck={false}
              aria-invalid={problemsAt(manifest.problems, [...path, index]).length > 0 ? true : undefined}
              onChange={(event) => manifest.edit([...path, index], event.target.value)}
            />
            <IconButton name="close" label={`Remove ${one} ${index + 1}`} onClick={() => remove(index)} />
            {problemsAt(manifest.problems, [...path, index]).map(({ message }) => (
              <p key={message} className="problem">
                {message}
              </p>
            ))}
          </div>
        ))
      ) : (
        items.map((each, index) => (
          <div className="item-card" key={index} role="group" aria-label={`${label} ${index + 1}`}>
            <div className="item-tools">
              <span className="muted small-text">{index + 1}</span>
              {index > 0 ? (
                <IconButton
                  name="up"
                  label={`Move ${one} ${index + 1} up`}
                  onClick={() => manifest.move(path, index, index - 1)}
                />
              ) : null}
              <IconButton name="close" label={`Remove ${one} ${index + 1}`} onClick={() => remove(index)} />
            </div>
            {item.properties === undefined
              ? null
              : problemsAt(manifest.problems, [...path, index]).map(({ message }) => (
                  <p key={message} className="problem">
                    {message}
                  </p>
                ))}
            {drawItem({ manifest, schema: item, path: [...path, index], value: each, label: `${label} ${index + 1}` })}
          </div>
        ))
      )}
    </div>
  );
}

/** What a new item begins as. */
export function emptyOf(schema: Schema): unknown {
  if (schema.type === 'string') return '';
  if (schema.type === 'object' || schema.properties !== undefined) {
    return Object.fromEntries((schema.required ?? []).map((name) => [name, emptyOf(schema.properties?.[name] ?? {})]));
  }
  if (schema.type === 'array') return (schema.minItems ?? 0) > 0 ? [emptyOf(schema.items ?? {})] : [];
  return schema.type === 'boolean' ? false : schema.type === 'integer' || schema.type === 'number' ? 0 : '';
}

/** Whether an item is no more than a name and a value: a row is enough for it. */
function isPairs({ properties }: Schema): boolean {
  return properties !== undefined && Object.keys(properties).toSorted().join() === 'name,value';
}

function PairRow({
  manifest,
  path,
  value,
  label,
  remove,
}: {
  manifest: Manifest;
  path: Path;
  value: unknown;
  label: string;
  remove: () => void;
}): React.ReactNode {
  const { name, value: own } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const problems = problemsAt(manifest.problems, path, false);
  const text = (each: unknown): string =>
    each === undefined || each === null ? '' : typeof each === 'object' ? JSON.stringify(each) : String(each);
  return (
    <div className="pair-row">
      {(['name', 'value'] as const).map((key) => (
        <input
          key={key}
          aria-label={`${label}: ${key}`}
          placeholder={key}
          className={key === 'name' || text(own).includes('${{') ? 'mono' : undefined}
          value={text(key === 'name' ? name : own)}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={problemsAt(manifest.problems, [...path, key]).length > 0 ? true : undefined}
          onChange={(event) => manifest.edit([...path, key], event.target.value)}
        />
      ))}
      <IconButton name="close" label={`Remove ${label}`} onClick={remove} />
      {problems.map(({ message }) => (
        <p key={message} className="problem">
          {message}
        </p>
      ))}
    </div>
  );
}
