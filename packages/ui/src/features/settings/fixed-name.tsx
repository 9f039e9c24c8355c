import { TextField } from '../../components/text-field.tsx';

/** The name of something, which is given when it is made, and then stays. */
export function FixedName({
  value,
  set,
  isNew,
}: {
  value: string;
  set: (value: string) => void;
  isNew: boolean;
}): React.ReactNode {
  return <TextField label="Name" value={value} set={set} required={isNew} readOnly={!isNew} autoFocus={isNew} />;
}
