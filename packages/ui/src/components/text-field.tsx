import { Field } from './field.tsx';

interface Props {
  label: string;
  value: string;
  set: (value: string) => void;
  hint?: string | undefined;
  required?: boolean | undefined;
  readOnly?: boolean | undefined;
  autoFocus?: boolean | undefined;
  placeholder?: string | undefined;
  /** Text of machines, whose letters must be told apart. */
  mono?: boolean | undefined;
  /** It is not shown, and no other password is offered for it. */
  secret?: boolean | undefined;
  /** Text for people, whose spelling the browser may check. */
  prose?: boolean | undefined;
}

/** A line of text with its label. */
export function TextField({ label, value, set, hint, required, mono, secret, prose, ...input }: Props): React.ReactNode {
  return (
    <Field label={label} hint={hint} required={required}>
      {(control) => (
        <input
          {...control}
          {...input}
          type={secret === true ? 'password' : 'text'}
          className={mono === true ? 'mono' : undefined}
          autoComplete={secret === true ? 'new-password' : 'off'}
          spellCheck={prose === true}
          value={value}
          onChange={({ target }) => set(target.value)}
        />
      )}
    </Field>
  );
}
