import { useId } from 'react';

interface FieldProps {
  label: string;
  /** What it is for. */
  hint?: string | undefined;
  problems?: readonly string[] | undefined;
  required?: boolean | undefined;
  /** Draws the control with the attributes that tie it to its label. */
  children: (control: {
    id: string;
    'aria-describedby'?: string;
    'aria-invalid'?: true;
    'aria-required'?: true;
  }) => React.ReactNode;
}

/** A control with its label above it, and below what it is for and what is wrong with it. */
export function Field({ label, hint, problems = [], required, children }: FieldProps): React.ReactNode {
  const id = useId();
  const described = [...(hint === undefined ? [] : [`${id}-hint`]), ...(problems.length === 0 ? [] : [`${id}-problem`])].join(
    ' ',
  );
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {required === true ? <span className="required"> required</span> : null}
      </label>
      {children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(problems.length === 0 ? {} : { 'aria-invalid': true }),
        ...(required === true ? { 'aria-required': true } : {}),
      })}
      {problems.length === 0 ? null : (
        <p id={`${id}-problem`} className="problem">
          {problems.join(' ')}
        </p>
      )}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
