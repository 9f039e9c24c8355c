interface ControlProps {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
  'aria-required'?: true;
  value: unknown;
  /** Undefined takes the value away. */
  set: (value: unknown) => void;
  required?: boolean | undefined;
  /** What holds if nothing is set. */
  fallback?: unknown;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function attributes({
  value: _value,
  set: _set,
  required: _required,
  fallback: _fallback,
  ...rest
}: ControlProps): Pick<ControlProps, 'id'> {
  return rest;
}

function placeholderOf(fallback: unknown): string | undefined {
  return fallback === undefined || typeof fallback === 'object' || fallback === '' ? undefined : String(fallback);
}

/** Text as it is typed. Emptied, it is taken away, unless it is required. */
export function TextControl({ isLong, ...props }: ControlProps & { isLong?: boolean | undefined }): React.ReactNode {
  const { value, set, required, fallback } = props;
  const text = textOf(value);
  const change = (next: string): void => set(next === '' && required !== true ? undefined : next);
  const isExpression = text.includes('${{');
  if (isLong === true || text.includes('\n'))
    return (
      <textarea
        {...attributes(props)}
        rows={Math.min(Math.max(text.split('\n').length, 2), 16)}
        value={text}
        placeholder={placeholderOf(fallback)}
        spellCheck={false}
        onChange={(event) => change(event.target.value)}
      />
    );
  return (
    <input
      {...attributes(props)}
      className={isExpression ? 'mono' : undefined}
      value={text}
      placeholder={placeholderOf(fallback)}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => change(event.target.value)}
    />
  );
}

/** A number, or an expression that will be one. What is neither is kept as it is typed, and told to be wrong. */
export function NumberControl(props: ControlProps): React.ReactNode {
  const { value, set, fallback } = props;
  return (
    <input
      {...attributes(props)}
      inputMode="numeric"
      className="short"
      value={textOf(value)}
      placeholder={placeholderOf(fallback)}
      autoComplete="off"
      onChange={({ target }) =>
        set(target.value === '' ? undefined : /^-?\d{1,15}$/.test(target.value) ? Number(target.value) : target.value)
      }
    />
  );
}

const EXPRESSION = '\u0000expression';

/** One of several values; or an expression, which is text. */
export function ChoiceControl({ choices, ...props }: ControlProps & { choices: readonly string[] }): React.ReactNode {
  const { value, set, required, fallback } = props;
  const text = textOf(value);
  if (text.includes('${{')) return <TextControl {...props} />;
  const usual = placeholderOf(fallback);
  return (
    <select
      {...attributes(props)}
      value={text}
      onChange={({ target }) =>
        set(target.value === EXPRESSION ? '${{  }}' : target.value === '' && required !== true ? undefined : target.value)
      }
    >
      <option value="">{usual === undefined ? 'Not set' : `Not set (${usual})`}</option>
      {text === '' || choices.includes(text) ? null : <option>{text}</option>}
      {choices.map((each) => (
        <option key={each}>{each}</option>
      ))}
      <option value={EXPRESSION}>Expression …</option>
    </select>
  );
}

/** Yes, no, or as it is by default; or an expression. */
export function BooleanControl(props: ControlProps): React.ReactNode {
  const { value, set, fallback } = props;
  if (typeof value === 'string') return <TextControl {...props} />;
  return (
    <select
      {...attributes(props)}
      className="short"
      value={value === undefined || value === null ? '' : String(value)}
      onChange={({ target }) =>
        set(target.value === EXPRESSION ? '${{  }}' : target.value === '' ? undefined : target.value === 'true')
      }
    >
      <option value="">{fallback === undefined ? 'Not set' : `Not set (${fallback === true ? 'yes' : 'no'})`}</option>
      <option value="true">Yes</option>
      <option value="false">No</option>
      <option value={EXPRESSION}>Expression …</option>
    </select>
  );
}
