import { useId, useState } from 'react';
import { isRecord, pathText, type Path } from '../../manifest/path.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { problemsAt } from '../../manifest/problems.ts';
import { applied } from '../../manifest/resolve.ts';
import type { Schema } from '../../schemas/schemas.ts';
import { Field } from '../field.tsx';
import type { SchemaFieldProps } from './field-props.ts';
import { FreeValue } from './free-value.tsx';
import { ListField } from './list-field.tsx';
import { MapField } from './map-field.tsx';
import { BooleanControl, ChoiceControl, NumberControl, TextControl } from './scalar-controls.tsx';
import { hintOf, labelOf } from './words.ts';

/** The fields of an object by its schema: required ones and those that are set first, the others when asked for. */
export function SchemaFields({
  manifest,
  schema,
  path,
  value,
  without = [],
}: {
  manifest: Manifest;
  schema: Schema;
  path: Path;
  value: unknown;
  without?: readonly string[];
}): React.ReactNode {
  const own = manifest.schemas === undefined ? schema : applied(manifest.schemas, schema, value);
  const record = isRecord(value) ? value : {};
  const required = new Set(own.required);
  const entries = Object.entries(own.properties ?? {}).filter(
    ([key, { deprecated }]) => !without.includes(key) && (deprecated !== true || record[key] !== undefined),
  );
  // A field that was shown stays where it is when it is emptied.
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const first = entries.filter(([key]) => required.has(key) || record[key] !== undefined || shown.has(key));
  const more = entries.filter((entry) => !first.includes(entry));
  const [open, setOpen] = useState(false);
  const few = entries.length <= 4;
  const visible = few || open ? entries : first;
  const unknown = Object.keys(record).filter(
    (key) => own.properties?.[key] === undefined && typeof own.additionalProperties !== 'object' && !without.includes(key),
  );
  return (
    <div
      className="fields"
      onChange={() =>
        setShown((before) =>
          first.every(([key]) => before.has(key)) ? before : new Set([...before, ...first.map(([key]) => key)]),
        )
      }
    >
      {visible.map(([key, each]) => (
        <SchemaField
          key={key}
          manifest={manifest}
          schema={each}
          path={[...path, key]}
          value={record[key]}
          label={labelOf(key)}
          required={required.has(key)}
        />
      ))}
      {unknown.map((key) => (
        <FreeValue key={key} manifest={manifest} path={[...path, key]} value={record[key]} label={key} schema={{}} />
      ))}
      {few || more.length === 0 ? null : (
        <button type="button" className="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Fewer options' : `${more.length} more ${more.length === 1 ? 'option' : 'options'}`}
          {open ? null : (
            <span className="muted">
              {' '}
              {more
                .slice(0, 3)
                .map(([key]) => labelOf(key).toLowerCase())
                .join(', ')}
              {more.length > 3 ? ' …' : ''}
            </span>
          )}
        </button>
      )}
    </div>
  );
}

/** One field, drawn as its schema says. */
export function SchemaField(props: SchemaFieldProps): React.ReactNode {
  const { manifest, schema, path, value, label, required, choices } = props;
  const problems = problemsAt(manifest.problems, path).map(({ message }) => message);
  const set = (next: unknown): void => manifest.edit(path, next);
  if (schema.type === 'array' || Array.isArray(value))
    return (
      <ListField
        {...props}
        drawItem={(item) => (item.schema.properties === undefined ? <SchemaField {...item} /> : <SchemaFields {...item} />)}
      />
    );
  if (isRecord(value) || schema.type === 'object') {
    if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) return <ObjectField {...props} />;
    if (typeof schema.additionalProperties === 'object') return <MapField {...props} />;
    return <FreeValue manifest={manifest} path={path} value={value} label={label} schema={schema} />;
  }
  if (schema.type === undefined && schema.enum === undefined && schema['x-kubernetes-int-or-string'] !== true)
    return <FreeValue manifest={manifest} path={path} value={value} label={label} schema={schema} />;
  return (
    <Field label={label} hint={hintOf(schema.description)} problems={problems} required={required}>
      {(control) => {
        const common = { ...control, value, set, required };
        const names = choices ?? schema.enum?.filter((each): each is string => typeof each === 'string' && each !== '');
        if (names !== undefined) return <ChoiceControl {...common} choices={names} fallback={schema.default} />;
        if (schema.type === 'boolean') return <BooleanControl {...common} fallback={schema.default} />;
        if (schema.type === 'integer' || schema.type === 'number' || schema['x-kubernetes-int-or-string'] === true)
          return <NumberControl {...common} fallback={schema.default} />;
        return (
          <TextControl
            {...common}
            fallback={schema.default}
            isLong={/message|body|content|description|script/i.test(pathText(path.slice(-1)))}
          />
        );
      }}
    </Field>
  );
}

/** An object within an object: its fields, a step further in. */
function ObjectField({ manifest, schema, path, value, label }: SchemaFieldProps): React.ReactNode {
  const id = useId();
  const problems = problemsAt(manifest.problems, path).map(({ message }) => message);
  const [open, setOpen] = useState(value !== undefined);
  return (
    <div className="group-field" role="group" aria-labelledby={id}>
      <div className="group-head">
        <span id={id} className="group-label">
          {label}
        </span>
        {open || value !== undefined ? (
          value === undefined ? null : (
            <button
              type="button"
              className="link-button"
              aria-label={`Remove ${label}`}
              onClick={() => manifest.edit(path, undefined)}
            >
              Remove
            </button>
          )
        ) : (
          <button type="button" className="link-button" aria-label={`Set ${label}`} onClick={() => setOpen(true)}>
            Set
          </button>
        )}
      </div>
      {schema.description === undefined ? null : <p className="hint">{hintOf(schema.description)}</p>}
      {problems.length === 0 ? null : <p className="problem">{problems.join(' ')}</p>}
      {open || value !== undefined ? (
        <div className="inset">
          <SchemaFields manifest={manifest} schema={schema} path={path} value={value} />
        </div>
      ) : null}
    </div>
  );
}
