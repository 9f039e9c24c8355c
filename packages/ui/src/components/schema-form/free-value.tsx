import { useEffect, useState } from 'react';
import { parseDocument, stringify } from 'yaml';
import type { Path } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import type { Schema } from '../../schemas/schemas.ts';
import { Field } from '../field.tsx';
import { hintOf } from './words.ts';

/** A value of any form, as YAML of its own. What cannot be read stays in the field and is told. */
export function FreeValue({
  manifest,
  path,
  value,
  label,
  schema,
}: {
  manifest: Manifest;
  path: Path;
  value: unknown;
  label: string;
  schema: Schema;
}): React.ReactNode {
  const outside = value === undefined ? '' : stringify(value, { lineWidth: 0 }).trimEnd();
  const [text, setText] = useState(outside);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    // Only what differs in meaning replaces what is typed.
    setText((before) => (readsAs(before) === outside ? before : outside));
    setWrong(undefined);
  }, [outside]);
  const problems = [
    ...(wrong === undefined ? [] : [wrong]),
    ...problemsAt(manifest.problems, path, false).map(({ message }) => message),
  ];
  return (
    <Field
      label={label}
      hint={schema.description === undefined ? 'Written as YAML.' : `${hintOf(schema.description) ?? ''} Written as YAML.`}
      problems={problems}
    >
      {(control) => (
        <textarea
          {...control}
          rows={Math.min(Math.max(text.split('\n').length, 2), 14)}
          value={text}
          spellCheck={false}
          onChange={({ target }) => {
            setText(target.value);
            const document = parseDocument(target.value, { prettyErrors: false });
            const [error] = document.errors;
            setWrong(error?.message);
            if (error === undefined) manifest.edit(path, target.value.trim() === '' ? undefined : (document.toJS() as unknown));
          }}
        />
      )}
    </Field>
  );
}

function readsAs(text: string): string | undefined {
  if (text.trim() === '') return '';
  const document = parseDocument(text, { prettyErrors: false });
  return document.errors.length > 0 ? undefined : stringify(document.toJS(), { lineWidth: 0 }).trimEnd();
}
