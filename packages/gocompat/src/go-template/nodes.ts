/** Functions that templates may use besides those of every template. */
export type ExtraFunctions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** What gives a value. `source` is the text it was written as, for messages. */
export type Expression =
  | { readonly kind: 'dot' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null; readonly source: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string; readonly run?: (...args: unknown[]) => unknown }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string; readonly source: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe };

/** A function or field with its arguments, or a single value. */
export interface Command {
  readonly operands: readonly Expression[];
  readonly source: string;
}

export interface Pipe {
  /** Variables that take the value; two of them only in `range`. */
  readonly variables: readonly string[];
  readonly assign: boolean;
  readonly commands: readonly Command[];
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipe: Pipe;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: 'break' | 'continue' };

/** The main template and those it defines. */
export interface ParsedTemplate {
  readonly main: readonly TemplateNode[];
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>;
}
