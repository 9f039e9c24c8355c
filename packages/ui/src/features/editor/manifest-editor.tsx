import { useMemo, useState } from 'react';
import { Icon, IconButton } from '../../components/icon.tsx';
import { useCopy } from '../../components/use-copy.ts';
import { YamlEditor } from '../../components/yaml-editor/yaml-editor.tsx';
import type { KnownNames } from '../../manifest/complete.ts';
import type { Problem } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { ProblemBar, WarningBar } from './problem-bar.tsx';

interface Props {
  manifest: Manifest;
  /** Name of the text, such as `stage.yaml`. */
  file: string;
  names?: KnownNames | undefined;
  /** The fields; absent: there is only the text. */
  form?: React.ReactNode;
}

const SIDES = ['Form', 'YAML'] as const;

/** A manifest as a form and as YAML side by side; where there is no room, one at a time. */
export function ManifestEditor({ manifest, file, names, form }: Props): React.ReactNode {
  const [side, setSide] = useState<(typeof SIDES)[number]>('Form');
  const [goTo, setGoTo] = useState<{ offset: number; id: number }>();
  const look = ({ from }: Problem): void => {
    setSide('YAML');
    setGoTo((before) => ({ offset: from, id: (before?.id ?? 0) + 1 }));
  };
  const all = useMemo(() => [...manifest.problems, ...manifest.warnings], [manifest.problems, manifest.warnings]);
  const replace = ({ from, to, meant = '' }: Problem): void =>
    manifest.setText(manifest.text.slice(0, from) + meant + manifest.text.slice(to));
  return (
    <div className={form === undefined ? 'manifest-editor alone' : 'manifest-editor'} data-side={side}>
      {form === undefined ? null : (
        <div className="segmented sides" role="group" aria-label="How to write">
          {SIDES.map((each) => (
            <button key={each} type="button" aria-pressed={side === each} onClick={() => setSide(each)}>
              {each}
            </button>
          ))}
        </div>
      )}
      {form === undefined ? null : (
        <section className="box form-side" aria-label="Form">
          {manifest.isReadable ? null : (
            <p className="form-stopped">
              <strong>The form waits.</strong> The YAML cannot be read as it is; mend{' '}
              {manifest.problems[0] === undefined ? 'it' : `line ${manifest.problems[0].line}`}, and the form goes on from there.
            </p>
          )}
          <fieldset disabled={!manifest.isReadable}>{form}</fieldset>
          <WarningBar warnings={manifest.warnings} goTo={look} replace={replace} />
        </section>
      )}
      <section className="box yaml-side" aria-label="YAML">
        <div className="box-head">
          <h2>{file}</h2>
          <span className="grow" />
          <Kept manifest={manifest} />
          <CopyButton text={manifest.text} />
        </div>
        <YamlEditor
          value={manifest.text}
          onChange={manifest.setText}
          label={file}
          problems={all}
          schemas={manifest.schemas}
          names={names}
          goTo={goTo}
        />
        <ProblemBar problems={manifest.problems} goTo={look} replace={replace} />
        <WarningBar warnings={manifest.warnings} goTo={look} replace={replace} />
      </section>
    </div>
  );
}

function Kept({ manifest: { keptAt, isRestored, startOver } }: { manifest: Manifest }): React.ReactNode {
  if (keptAt === undefined) return null;
  const time = new Date(keptAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return (
    <span className="small-text muted kept">
      {isRestored ? `Draft from ${time}` : `Draft kept ${time}`}{' '}
      <button type="button" className="link-button" onClick={startOver}>
        Start over
      </button>
    </span>
  );
}

function CopyButton({ text }: { text: string }): React.ReactNode {
  const { copied, copy } = useCopy();
  return copied ? (
    <span className="small-text ok" role="status">
      <Icon name="copy" /> Copied
    </span>
  ) : (
    <IconButton name="copy" label="Copy the YAML" onClick={() => void copy(text)} />
  );
}
