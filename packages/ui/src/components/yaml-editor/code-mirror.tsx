import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { suggest, type KnownNames } from '../../manifest/complete.ts';
import type { Problem } from '../../manifest/problems.ts';
import type { Schemas } from '../../schemas/schemas.ts';
import type { YamlEditorProps } from './yaml-editor.tsx';

const highlighting = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--ink-2)' },
  { tag: [tags.string, tags.content, tags.attributeValue], color: 'var(--ink)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--ink-3)', fontStyle: 'italic' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--hold)' },
  { tag: [tags.separator, tags.punctuation, tags.meta], color: 'var(--ink-3)' },
]);

/** `${{ … }}` stands out: it is no text but something that will be evaluated. */
const expressions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    readonly #matcher = new MatchDecorator({ regexp: /\$\{\{.*?\}\}/g, decoration: Decoration.mark({ class: 'cm-expression' }) });
    constructor(view: EditorView) {
      this.decorations = this.#matcher.createDeco(view);
    }
    update(update: ViewUpdate): void {
      this.decorations = this.#matcher.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

interface Latest {
  schemas: Schemas | undefined;
  names: KnownNames | undefined;
  onChange: ((text: string) => void) | undefined;
}

/** CodeMirror with everything that manifests need. */
export default function CodeMirror({
  value,
  onChange,
  label,
  problems,
  schemas,
  names,
  goTo,
  maxHeight,
}: YamlEditorProps): React.ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef<Latest>({ schemas, names, onChange });
  latest.current = { schemas, names, onChange };
  const readOnly = onChange === undefined;

  useEffect(() => {
    const parent = place.current;
    if (parent === null) return undefined;
    const access = new Compartment();
    const created = new EditorView({
      parent,
      state: EditorState.create({ doc: value, extensions: [extensions(latest, label), access.of(accessOf(readOnly))] }),
    });
    view.current = created;
    return () => {
      created.destroy();
      view.current = undefined;
    };
    // The text is set below; another label is another editor.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [label, readOnly]);

  useEffect(() => {
    const current = view.current;
    if (current === undefined) return;
    const shown = current.state.doc.toString();
    // Only what differs is replaced, so that the cursor stays where it was.
    if (shown !== value) current.dispatch({ changes: difference(shown, value) });
  }, [value, label, readOnly]);

  useEffect(() => {
    const current = view.current;
    if (current === undefined) return;
    const { length } = current.state.doc;
    current.dispatch(
      setDiagnostics(
        current.state,
        (problems ?? []).filter(({ from, line }) => from <= length && line > 0).map((problem) => diagnosticOf(problem, length)),
      ),
    );
  }, [problems, value, label, readOnly]);

  useEffect(() => {
    const current = view.current;
    if (current === undefined || goTo === undefined) return;
    const anchor = Math.min(goTo.offset, current.state.doc.length);
    current.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    current.focus();
  }, [goTo]);

  return (
    <div
      className={`yaml-editor${readOnly ? ' read-only' : ''}`}
      ref={place}
      style={maxHeight === undefined ? undefined : { maxHeight }}
    />
  );
}

function accessOf(readOnly: boolean): Extension {
  return readOnly ? [EditorState.readOnly.of(true)] : [];
}

function extensions(latest: { readonly current: Latest }, label: string): Extension {
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('  '),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    yaml(),
    syntaxHighlighting(highlighting),
    expressions,
    autocompletion({ override: [(context) => completions(context, latest.current)], icons: false, activateOnTyping: true }),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off' }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
    }),
  ];
}

function completions(context: CompletionContext, { schemas, names }: Latest): CompletionResult | null {
  if (schemas === undefined) return null;
  const found = suggest(schemas, context.state.doc.toString(), context.pos, names);
  // On an empty place only when asked for: a list that jumps up on every new line is in the way.
  if (
    found === undefined ||
    (!context.explicit &&
      found.from === found.to &&
      !context.state.sliceDoc(Math.max(0, context.pos - 2), context.pos).endsWith(': '))
  )
    return null;
  return {
    from: found.from,
    validFor: /^[\w./:@-]*$/,
    options: found.items.map(({ label, insert, kind, detail, doc }, index) => ({
      label,
      apply: insert,
      type: kind === 'key' ? 'property' : kind === 'value' ? 'enum' : 'variable',
      boost: -Math.min(index, 90) / 10,
      ...(detail === undefined ? {} : { detail }),
      ...(doc === undefined ? {} : { info: () => infoOf(doc) }),
    })),
  };
}

function infoOf(doc: string): HTMLElement {
  const element = document.createElement('div');
  element.textContent = doc;
  return element;
}

function diagnosticOf({ from, to, message, meant, source, isWarning }: Problem, length: number): Diagnostic {
  const end = Math.min(Math.max(to, from), length);
  return {
    from,
    to: end,
    severity: isWarning === true ? 'warning' : 'error',
    message,
    source: { server: 'Server', lint: 'Advice', schema: 'Schema', yaml: 'Schema' }[source],
    ...(meant === undefined
      ? {}
      : {
          actions: [
            {
              name: `Replace by ${meant}`,
              apply: (view, at, until) => view.dispatch({ changes: { from: at, to: until, insert: meant } }),
            },
          ],
        }),
  };
}

/** What to replace in one text to get another one. */
function difference(before: string, after: string): { from: number; to: number; insert: string } {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}
