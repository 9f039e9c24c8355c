import { useMemo } from 'react';
import { stringify } from 'yaml';
import type { Copyable } from './copyable.tsx';

/** An object as YAML, with a button that copies it. */
export default function YamlText({ object, Copy }: { object: unknown; Copy: typeof Copyable }): React.ReactNode {
  const text = useMemo(() => stringify(withoutManagedFields(object), { lineWidth: 0 }), [object]);
  return (
    <div className="manifest-view">
      <Copy text={text} what="the manifest">
        <span className="muted small-text">As it is stored</span>
      </Copy>
      <pre className="manifest" tabIndex={0} aria-label="Manifest">
        {text}
      </pre>
    </div>
  );
}

function withoutManagedFields(object: unknown): unknown {
  const { metadata, ...rest } = object as { metadata?: Record<string, unknown> };
  if (metadata === undefined) return object;
  const { apiVersion, kind, ...others } = rest as Record<string, unknown>;
  return { apiVersion, kind, metadata: { ...metadata, managedFields: undefined }, ...others };
}
