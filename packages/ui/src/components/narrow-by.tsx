import { RANGES } from '../pipeline/narrowing.ts';
import { useQuery } from './use-query.ts';

/** A choice that is kept in the address. Nothing chosen: everything. */
export function NarrowBy({
  name,
  label,
  all,
  options,
}: {
  /** In the address. */
  name: string;
  label: string;
  /** What nothing chosen means. */
  all: string;
  options: readonly { value: string; label: string }[];
}): React.ReactNode {
  const [query, setQuery] = useQuery();
  const value = query.get(name) ?? '';
  if (options.length === 0 && value === '') return null;
  const isKnown = value === '' || options.some((each) => each.value === value);
  return (
    <select
      aria-label={label}
      className={value === '' ? '' : 'active'}
      value={value}
      onChange={({ target }) => setQuery({ [name]: target.value }, { replace: true })}
    >
      <option value="">{all}</option>
      {isKnown ? null : <option value={value}>{value}</option>}
      {options.map((each) => (
        <option key={each.value} value={each.value}>
          {each.label}
        </option>
      ))}
    </select>
  );
}

/** By time, the same everywhere: `?range=`. */
export function NarrowByTime(): React.ReactNode {
  return <NarrowBy name="range" label="Time" all="All times" options={RANGES} />;
}
