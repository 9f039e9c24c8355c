import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { dropDraft, keepDraft, readDraft } from '../data/drafts.ts';
import type { Finding } from '../data/manifests.ts';
import { loadSchemas, type Schemas } from '../schemas/schemas.ts';
import { editYaml, moveItem } from './edit.ts';
import { parseManifest, valueOf } from './parse.ts';
import type { Path } from './path.ts';
import { placed, problemsOf, warningsOf, type Problem } from './problems.ts';
import { serverProblems } from './server-problems.ts';

/** Milliseconds without typing after which the server is asked. */
const PAUSE = 500;

/** A manifest that is being written: one text, seen as a form and as YAML. */
export interface Manifest {
  text: string;
  setText: (text: string) => void;
  /** The object that the text describes; while it cannot be read, what it was before. */
  object: unknown;
  /** Whether the text can be read, so that a form may change it. */
  isReadable: boolean;
  schemas: Schemas | undefined;
  problems: readonly Problem[];
  /** What is odd, and may be saved all the same. */
  warnings: readonly Problem[];
  edit: (path: Path, value: unknown) => void;
  move: (list: Path, from: number, to: number) => void;
  isChanged: boolean;
  /** What it began as, and the version of the object then. */
  base: string;
  version: string | undefined;
  /** Goes on from another version of the object. */
  rebase: (base: string, version: string | undefined, text: string) => void;
  /** When it was last kept in this browser, epoch milliseconds; undefined if it is as it began. */
  keptAt: number | undefined;
  /** Whether it was found here, from before. */
  isRestored: boolean;
  startOver: () => void;
  /** Shows what the server said when it refused the text. */
  refused: (message: string) => void;
  /** The text is saved: nothing is kept any more. */
  saved: () => void;
}

export interface ManifestOptions {
  /** Under which it is kept in this browser. */
  draft: string;
  /** What it begins as. */
  initial: string;
  version?: string | undefined;
  /** Asks the server what it thinks of a text; fails with what is wrong. */
  rehearse?: ((text: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** Asks the server what is odd about a text. */
  advise?: ((text: string, signal: AbortSignal) => Promise<readonly Finding[]>) | undefined;
}

interface State {
  text: string;
  base: string;
  version: string | undefined;
  keptAt: number | undefined;
  isRestored: boolean;
}

/** A manifest that survives reloads, and is checked as one writes: by the schemas at once, by the server after a pause. */
export function useManifest({ draft, initial, version, rehearse, advise }: ManifestOptions): Manifest {
  const [state, setState] = useState<State>(() => begin(draft, initial, version));
  const [schemas, setSchemas] = useState<Schemas>();
  const [fromServer, setFromServer] = useState<{ text: string; problems: Problem[] }>();
  useEffect(() => {
    void loadSchemas().then(setSchemas);
  }, []);

  const { text, base } = state;
  const parsed = useMemo(() => parseManifest(text), [text]);
  const isReadable = parsed.problems.length === 0 && parsed.documents.length > 0;
  const last = useRef<unknown>({});
  const object = useMemo(() => {
    const [document] = parsed.documents;
    if (isReadable && document !== undefined) last.current = valueOf(document) ?? last.current;
    return last.current;
  }, [parsed, isReadable]);
  const local = useMemo(() => problemsOf(parsed, schemas), [parsed, schemas]);
  const known = fromServer?.text === text ? fromServer.problems : [];
  const problems = useDeferredValue(local.length > 0 ? local : known);

  const warnings = useAdvice({ text, isFit: isReadable && schemas !== undefined && local.length === 0, advise, problems });

  const setText = useCallback(
    (next: string) =>
      setState((before) => {
        if (next === before.text) return before;
        const savedAt = Date.now();
        if (next === before.base) dropDraft(localStorage, draft);
        const kept =
          next !== before.base &&
          keepDraft(localStorage, draft, { text: next, base: before.base, version: before.version, savedAt });
        return { ...before, text: next, keptAt: kept ? savedAt : undefined, isRestored: false };
      }),
    [draft],
  );

  const asks = rehearse !== undefined && schemas !== undefined && isReadable && local.length === 0 && text !== base;
  useEffect(() => {
    if (!asks) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      rehearse(text, stop.signal).then(
        () => setFromServer({ text, problems: [] }),
        (error: unknown) => {
          if (!stop.signal.aborted) setFromServer({ text, problems: placed(text, serverProblems(messageOf(error))) });
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // `rehearse` is new with every drawing and does the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [asks, text]);

  return {
    text,
    setText,
    object,
    isReadable,
    schemas,
    problems,
    warnings,
    edit: (path, value) => setText(editYaml(text, path, value)),
    move: (list, from, to) => setText(moveItem(text, list, from, to)),
    isChanged: text !== base,
    base,
    version: state.version,
    rebase: (newBase, newVersion, newText) => {
      const savedAt = Date.now();
      keepDraft(localStorage, draft, { text: newText, base: newBase, version: newVersion, savedAt });
      setState({ text: newText, base: newBase, version: newVersion, keptAt: savedAt, isRestored: false });
    },
    keptAt: state.keptAt,
    isRestored: state.isRestored,
    startOver: () => {
      dropDraft(localStorage, draft);
      setState({ text: initial, base: initial, version, keptAt: undefined, isRestored: false });
    },
    refused: (message) => setFromServer({ text, problems: placed(text, serverProblems(message)) }),
    saved: () => dropDraft(localStorage, draft),
  };
}

/** What is odd about a text, a pause after it was typed. Of an older text nothing is said. */
function useAdvice({
  text,
  isFit,
  advise,
  problems,
}: {
  text: string;
  isFit: boolean;
  advise: ManifestOptions['advise'];
  problems: readonly Problem[];
}): readonly Problem[] {
  const [advice, setAdvice] = useState<{ text: string; findings: readonly Finding[] }>();
  const asks = advise !== undefined && isFit;
  useEffect(() => {
    if (!asks) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      advise(text, stop.signal).then(
        (findings) => setAdvice({ text, findings }),
        () => undefined, // Another text is asked about meanwhile.
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // `advise` is new with every drawing and does the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [asks, text]);
  return useMemo(() => (advice?.text === text ? warningsOf(text, advice.findings, problems) : []), [advice, text, problems]);
}

function begin(draft: string, initial: string, version: string | undefined): State {
  const kept = readDraft(localStorage, draft, Date.now());
  if (kept === undefined || kept.text === kept.base)
    return { text: initial, base: initial, version, keptAt: undefined, isRestored: false };
  return { text: kept.text, base: kept.base, version: kept.version, keptAt: kept.savedAt, isRestored: true };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
