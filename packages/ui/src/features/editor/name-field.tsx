import { Field } from '../../components/field.tsx';
import { problemsAt } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';

/** The name of an object, which can be given only once. */
export function NameField({ manifest, isNew, value }: { manifest: Manifest; isNew: boolean; value: unknown }): React.ReactNode {
  const name = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  // An empty name is not yet a mistake: somebody has to begin.
  const problems = name === '' ? [] : problemsAt(manifest.problems, ['metadata', 'name']).map(({ message }) => message);
  return (
    <Field label="Name" problems={problems} required={isNew} hint={isNew ? undefined : 'What exists keeps its name.'}>
      {(control) => (
        <input
          {...control}
          value={name}
          readOnly={!isNew}
          spellCheck={false}
          autoComplete="off"
          autoFocus={isNew}
          onChange={(event) => manifest.edit(['metadata', 'name'], event.target.value)}
        />
      )}
    </Field>
  );
}
