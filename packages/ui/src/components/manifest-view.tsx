import { lazy, Suspense } from 'react';
import { Copyable } from './copyable.tsx';

const YamlText = lazy(() => import('./yaml-text.tsx'));

/** An object as it is stored, as YAML, without what the server keeps for itself. */
export function ManifestView({ object }: { object: unknown }): React.ReactNode {
  return (
    <Suspense fallback={<p className="muted">Loading</p>}>
      <YamlText object={object} Copy={Copyable} />
    </Suspense>
  );
}
