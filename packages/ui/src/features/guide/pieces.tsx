import { useEffect, useState } from 'react';
import { Icon, IconButton } from '../../components/icon.tsx';
import type { KnownNames } from '../../manifest/complete.ts';
import { useManifest, type Manifest } from '../../manifest/use-manifest.ts';
import { ManifestEditor } from '../editor/manifest-editor.tsx';
import { nameIn, type Piece } from './guide-state.ts';

/** One manifest as a form and as YAML; what is typed is told at once. */
export function PieceEditor({
  piece,
  set,
  names,
  form,
}: {
  piece: Piece;
  set: (text: string) => void;
  names?: KnownNames;
  form: (manifest: Manifest) => React.ReactNode;
}): React.ReactNode {
  const manifest = useManifest({ draft: `guide/${piece.id}`, initial: piece.text });
  const { text } = manifest;
  useEffect(() => {
    if (text !== piece.text) set(text);
    // Only what is typed here is told.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [text]);
  return (
    <ManifestEditor
      manifest={manifest}
      file={`${nameIn(text) || piece.id.split('-')[0]}.yaml`}
      {...(names === undefined ? {} : { names })}
      form={form(manifest)}
    />
  );
}

interface Props {
  /** What one of them is. */
  one: string;
  about: string;
  pieces: readonly Piece[];
  set: (pieces: readonly Piece[]) => void;
  fresh: () => string;
  names?: KnownNames;
  form: (manifest: Manifest) => React.ReactNode;
}

/** Several manifests of a kind: their names, and the one that is looked at. */
export function Pieces({ one, about, pieces, set, fresh, names, form }: Props): React.ReactNode {
  const [chosen, setChosen] = useState<string | undefined>(pieces[0]?.id);
  const current = pieces.find(({ id }) => id === chosen) ?? pieces[0];
  const add = (): void => {
    const piece = { id: `${one}-${crypto.getRandomValues(new Uint32Array(1))[0] ?? 0}`, text: fresh() };
    set([...pieces, piece]);
    setChosen(piece.id);
  };
  return (
    <>
      <div className="guide-pieces" role="group" aria-label={`${one}s`}>
        {pieces.map(({ id, text }) => (
          <span key={id} className={id === current?.id ? 'tag chosen' : 'tag'}>
            <button type="button" className="name" aria-pressed={id === current?.id} onClick={() => setChosen(id)}>
              {nameIn(text) || `new ${one}`}
            </button>
            <IconButton
              name="close"
              label={`Leave out ${nameIn(text) || `new ${one}`}`}
              onClick={() => set(pieces.filter((each) => each.id !== id))}
            />
          </span>
        ))}
        <button type="button" className="btn small" onClick={add}>
          <Icon name="plus" /> Add {one}
        </button>
      </div>
      {current === undefined ? (
        <p className="empty">{about}</p>
      ) : (
        <PieceEditor
          key={current.id}
          piece={current}
          {...(names === undefined ? {} : { names })}
          form={form}
          set={(text) => set(pieces.map((each) => (each.id === current.id ? { ...each, text } : each)))}
        />
      )}
    </>
  );
}
