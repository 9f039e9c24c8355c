import { ManifestView } from '../../components/manifest-view.tsx';
import { useLoaded } from '../../services.ts';

/** An object in full, asked for again when it has changed. */
export function LiveManifest({ load, deps }: { load: () => Promise<unknown>; deps: readonly unknown[] }): React.ReactNode {
  const { value, error } = useLoaded(load, deps);
  if (error !== undefined) return <p className="inline-error">It could not be read: {error.message}</p>;
  return value === undefined ? <p className="muted">Loading</p> : <ManifestView object={value} />;
}
