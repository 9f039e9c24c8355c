import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { ApiFailure } from '../../data/api.ts';
import { lintManifests, replaceManifest, upsertManifest } from '../../data/manifests.ts';
import type { KnownNames } from '../../manifest/complete.ts';
import { editYaml } from '../../manifest/edit.ts';
import { mergeManifests, type Clash } from '../../manifest/merge.ts';
import { editableText } from '../../manifest/object-text.ts';
import { parseManifest, valueOf } from '../../manifest/parse.ts';
import { pathText } from '../../manifest/path.ts';
import { summaryOf } from '../../components/schema-form/words.ts';
import { useManifest, type Manifest } from '../../manifest/use-manifest.ts';
import { useLoaded, useServices } from '../../services.ts';
import { EditorHead } from './editor-head.tsx';
import { ManifestEditor } from './manifest-editor.tsx';

/** An object as the API gives it. */
export interface Editable {
  apiVersion?: string;
  kind?: string;
  metadata: { name?: string; namespace?: string; resourceVersion?: string };
}

interface Props {
  title: string;
  about?: string | undefined;
  file: string;
  draft: string;
  /** Where the API has the object. */
  route: string;
  /** What it begins as if there is none yet; absent: there must be one. */
  missing?: string | undefined;
  names?: KnownNames | undefined;
  /** The project in which it is looked at for what is odd. */
  adviceFrom?: string | undefined;
  form: (manifest: Manifest, isNew: boolean) => React.ReactNode;
  /** Where to go when it is saved, or given up; absent: it stays. */
  back?: string | undefined;
}

/** Changes something that exists. What others change meanwhile is not overwritten: it is shown, and brought together. */
export function EditPage(props: Props): React.ReactNode {
  const { api } = useServices();
  const {
    value: loaded,
    error,
    reload,
  } = useLoaded(async () => {
    try {
      return { object: await api.call<Editable>('GET', props.route) };
    } catch (cause) {
      if (cause instanceof ApiFailure && cause.status === 404 && props.missing !== undefined) return { object: undefined };
      throw cause;
    }
  }, [api, props.route]);
  if (error !== undefined && loaded === undefined)
    return (
      <div className="notice-bar bad" role="alert">
        <span>{error.message}</span>
        <span className="grow" />
        <button type="button" className="btn small" onClick={reload}>
          Try again
        </button>
      </div>
    );
  if (loaded === undefined)
    return (
      <p className="notice muted" aria-busy="true">
        Loading
      </p>
    );
  return <Editor key={props.route} {...props} object={loaded.object} />;
}

interface Conflict {
  text: string;
  version: string | undefined;
}

function Editor({
  title,
  about,
  file,
  draft,
  route,
  missing = '',
  names,
  adviceFrom,
  form,
  back,
  object,
}: Props & { object: Editable | undefined }): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const [isNew, setIsNew] = useState(object === undefined);
  const manifest = useManifest({
    draft,
    initial: object === undefined ? missing : editableText(object),
    version: object?.metadata.resourceVersion,
    rehearse: (text, signal) => (isNew ? upsertManifest : replaceManifest)(api, text, { rehearse: true, signal }),
    advise: adviceFrom === undefined ? undefined : (text, signal) => lintManifests(api, adviceFrom, text, signal),
  });
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const [conflict, setConflict] = useState<Conflict>();
  const [clashes, setClashes] = useState<readonly Clash[]>([]);
  const [savedAt, setSavedAt] = useState<number>();
  const { text, base, version } = manifest;
  useEffect(() => {
    setRefusal(undefined);
    setSavedAt((before) => (text === base ? before : undefined));
  }, [text, base]);

  const write = async (at: string | undefined): Promise<void> => {
    if (isNew) return upsertManifest(api, text);
    try {
      await replaceManifest(api, at === undefined ? text : editYaml(text, ['metadata', 'resourceVersion'], at));
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 409) throw error;
      const now = await api.call<Editable>('GET', route);
      const theirs = editableText(now);
      // The system writes status all the time; only what people write counts as a conflict.
      if (theirs === base && now.metadata.resourceVersion !== at) return write(now.metadata.resourceVersion);
      setConflict({ text: theirs, version: now.metadata.resourceVersion });
      throw error;
    }
    return undefined;
  };
  const save = (): void => {
    if (busy) return;
    setBusy(true);
    setConflict(undefined);
    write(version)
      .then(async () => {
        manifest.saved();
        if (back !== undefined) return navigate(back);
        const now = await api.call<Editable>('GET', route);
        const saved = editableText(now);
        setIsNew(false);
        setClashes([]);
        manifest.rebase(saved, now.metadata.resourceVersion, saved);
        manifest.saved();
        setSavedAt(Date.now());
        return undefined;
      })
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof ApiFailure && error.status === 409) return;
        manifest.refused(message);
        setRefusal(message);
      })
      .finally(() => setBusy(false));
  };
  const merge = (theirs: Conflict): void => {
    const merged = mergeManifests(read(base), read(text), read(theirs.text), theirs.text);
    manifest.rebase(theirs.text, theirs.version, merged.text);
    setClashes(merged.clashes);
    setConflict(undefined);
  };
  return (
    <>
      <EditorHead
        title={title}
        about={about}
        action={isNew ? 'Create' : 'Save'}
        busy={busy}
        canSave={manifest.isReadable && (manifest.isChanged || isNew)}
        save={save}
        cancel={() => (back === undefined ? manifest.startOver() : void navigate(back))}
        refusal={refusal}
      />
      {savedAt === undefined ? null : (
        <p className="notice-bar ok" role="status">
          Saved at {new Date(savedAt).toLocaleTimeString()}.
        </p>
      )}
      {conflict === undefined ? null : (
        <div className="notice-bar wait" role="alert">
          <span>
            <strong>Somebody changed {nameOf(object) || 'it'} first.</strong> What you typed is kept, and nothing was overwritten.
          </span>
          <span className="grow" />
          <button type="button" className="btn small" onClick={() => merge(conflict)}>
            Merge and review
          </button>
          <button
            type="button"
            className="btn small"
            onClick={() => manifest.rebase(conflict.text, conflict.version, conflict.text)}
          >
            Take theirs
          </button>
        </div>
      )}
      {clashes.length === 0 ? null : (
        <div className="notice-bar wait" role="status">
          <span>
            Both changed the same; yours is in the text:
            {clashes.map(({ path, theirs }) => (
              <span key={pathText(path)} className="mono">
                {' '}
                {pathText(path)} (theirs: {theirs === undefined ? 'removed' : summaryOf(theirs)})
              </span>
            ))}
          </span>
        </div>
      )}
      {manifest.isRestored && manifest.isChanged ? (
        <p className="notice-bar" role="status">
          This is what you had typed before and not saved.{' '}
          <button type="button" className="link-button" onClick={manifest.startOver}>
            Start over
          </button>
        </p>
      ) : null}
      <ManifestEditor manifest={manifest} file={file} names={names} form={form(manifest, isNew)} />
    </>
  );
}

function read(text: string): unknown {
  const [document] = parseManifest(text).documents;
  return document === undefined ? {} : valueOf(document);
}

function nameOf(object: Editable | undefined): string {
  return object?.metadata.name ?? '';
}
