import { ManifestView } from '../../components/manifest-view.tsx';
import { ReadFailure } from '../../components/read-failure.tsx';
import { useLoaded } from '../../services.ts';

/** An object in full, asked for again when it has changed. */
export function LiveManifest({ load, deps }: { load: () => Promise<unknown>; deps: readonly unknown[] }): React.ReactNode {
  const { value, error, reload } = useLoaded(load, deps);
  if (error !== undefined) return <ReadFailure what="It" error={error} again={reload} />;
  return value === undefined ? <p className="muted">Loading</p> : <ManifestView object={value} />;
}
