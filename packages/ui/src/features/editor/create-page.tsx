import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { createManifests, lintManifests } from '../../data/manifests.ts';
import type { KnownNames } from '../../manifest/complete.ts';
import { useManifest, type Manifest } from '../../manifest/use-manifest.ts';
import { useServices } from '../../services.ts';
import { EditorHead } from './editor-head.tsx';
import { ManifestEditor } from './manifest-editor.tsx';

interface Props {
  title: string;
  /** What is said on the button. */
  action: string;
  file: string;
  /** Under which an unfinished one is kept. */
  draft: string;
  initial: string;
  names?: KnownNames | undefined;
  /** The project in which it is looked at for what is odd. */
  adviceFrom?: string | undefined;
  form: (manifest: Manifest) => React.ReactNode;
  /** Where to go when it is done; gets what was made. */
  done: (object: unknown) => string;
  cancel: string;
}

/** Makes something new: a form and its YAML, checked while one types. Nothing typed is lost, whatever happens. */
export function CreatePage({
  title,
  action,
  file,
  draft,
  initial,
  names,
  adviceFrom,
  form,
  done,
  cancel,
}: Props): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const manifest = useManifest({
    draft,
    initial,
    rehearse: (text, signal) => createManifests(api, text, { rehearse: true, signal }),
    advise: adviceFrom === undefined ? undefined : (text, signal) => lintManifests(api, adviceFrom, text, signal),
  });
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const { text, object, isChanged } = manifest;
  useEffect(() => setRefusal(undefined), [text]);
  const save = (): void => {
    if (busy) return;
    setBusy(true);
    createManifests(api, text)
      .then(() => {
        manifest.saved();
        return navigate(done(object));
      })
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        manifest.refused(message);
        setRefusal(message);
      })
      .finally(() => setBusy(false));
  };
  return (
    <>
      <EditorHead
        title={title}
        action={action}
        busy={busy}
        canSave={manifest.isReadable}
        save={save}
        cancel={() => void navigate(cancel)}
        refusal={refusal}
      />
      {manifest.isRestored && isChanged ? (
        <p className="notice-bar" role="status">
          This is what you had typed before.{' '}
          <button type="button" className="link-button" onClick={manifest.startOver}>
            Start over
          </button>
        </p>
      ) : null}
      <ManifestEditor manifest={manifest} file={file} names={names} form={form(manifest)} />
    </>
  );
}
