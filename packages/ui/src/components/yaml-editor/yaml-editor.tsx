import { lazy, Suspense } from 'react';
import type { KnownNames } from '../../manifest/complete.ts';
import type { Problem } from '../../manifest/problems.ts';
import type { Schemas } from '../../schemas/schemas.ts';

export interface YamlEditorProps {
  value: string;
  /** Absent: it can be read only. */
  onChange?: ((text: string) => void) | undefined;
  /** Says what it is, to those who do not see it. */
  label: string;
  problems?: readonly Problem[] | undefined;
  /** Suggestions come from these; absent: none. */
  schemas?: Schemas | undefined;
  names?: KnownNames | undefined;
  /** Goes to this place when it changes; `id` tells two goings to the same place apart. */
  goTo?: { offset: number; id: number } | undefined;
  /** Height that it grows to; default: that of what it is in. */
  maxHeight?: string | undefined;
}

const CodeMirror = lazy(() => import('./code-mirror.tsx'));

/** An editor for YAML: completion, problems at their lines, search. It is fetched when it is first needed; until then the text can be read. */
export function YamlEditor(props: YamlEditorProps): React.ReactNode {
  return (
    <Suspense
      fallback={
        <pre className="yaml-editor loading" aria-busy="true" aria-label={props.label}>
          {props.value}
        </pre>
      }
    >
      <CodeMirror {...props} />
    </Suspense>
  );
}
