import { isObject, type JsonObject } from '../object/json.ts';

/**
 * A set of field paths, in the form of `managedFields[].fieldsV1`: path elements are `f:<field>`, `k:<keys of an item>` and
 * `v:<value in a set>`. Immutable.
 */
export class FieldSet {
  static readonly empty: FieldSet = new FieldSet(false, new Map());

  /** Whether the path that leads here is a member itself. */
  readonly self: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;

  constructor(self: boolean, children: ReadonlyMap<string, FieldSet>) {
    this.self = self;
    this.children = children;
  }

  get isEmpty(): boolean {
    return !this.self && this.children.size === 0;
  }

  child(element: string): FieldSet {
    return this.children.get(element) ?? FieldSet.empty;
  }

  /** Whether every member of another set is one of this. */
  includes(other: FieldSet): boolean {
    if (other.self && !this.self) return false;
    for (const [element, child] of other.children) if (!this.child(element).includes(child)) return false;
    return true;
  }

  /** Whether the sets have a member in common. */
  intersects(other: FieldSet): boolean {
    if (this.self && other.self) return true;
    for (const [element, child] of other.children) if (this.children.get(element)?.intersects(child) === true) return true;
    return false;
  }

  /** The set itself where it includes the other. */
  union(other: FieldSet): FieldSet {
    if (this.includes(other)) return this;
    return this.#combine(other, this.self || other.self, (mine, theirs) => mine.union(theirs), [
      ...this.children.keys(),
      ...other.children.keys(),
    ]);
  }

  intersection(other: FieldSet): FieldSet {
    return this.#combine(other, this.self && other.self, (mine, theirs) => mine.intersection(theirs), [...this.children.keys()]);
  }

  /** The set itself where it has nothing of the other. */
  difference(other: FieldSet): FieldSet {
    if (!this.intersects(other)) return this;
    return this.#combine(other, this.self && !other.self, (mine, theirs) => mine.difference(theirs), [...this.children.keys()]);
  }

  /** Without everything at and below the elements named. */
  without(...elements: string[]): FieldSet {
    return new FieldSet(this.self, new Map([...this.children].filter(([element]) => !elements.includes(element))));
  }

  /** With another set in place of what is below an element. */
  with(element: string, child: FieldSet): FieldSet {
    const children = new Map(this.children);
    if (child.isEmpty) children.delete(element);
    else children.set(element, child);
    return new FieldSet(this.self, children);
  }

  equals(other: FieldSet): boolean {
    return this.includes(other) && other.includes(this);
  }

  /** All members as Kubernetes writes field paths: `.spec.ports[port=80].name`. */
  paths(prefix = ''): string[] {
    const below = [...this.children].flatMap(([element, child]) => child.paths(`${prefix}${elementText(element)}`));
    return this.self ? [prefix, ...below] : below;
  }

  toFieldsV1(): JsonObject {
    const entries = [...this.children].map(([element, child]) => [element, child.#node()] as const);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  static fromFieldsV1(fields: unknown): FieldSet {
    return FieldSet.#read(fields, false);
  }

  #node(): JsonObject {
    if (this.children.size === 0) return {};
    return { ...(this.self ? { '.': {} } : {}), ...this.toFieldsV1() };
  }

  /** A node without children is a member; one with children is a member when it says so. */
  static #read(fields: unknown, nested: boolean): FieldSet {
    if (!isObject(fields)) return FieldSet.empty;
    const children = Object.entries(fields).filter(([element]) => element !== '.');
    return new FieldSet(
      nested && (children.length === 0 || '.' in fields),
      new Map(children.map(([element, child]) => [element, FieldSet.#read(child, true)] as const)),
    );
  }

  #combine(
    other: FieldSet,
    self: boolean,
    join: (mine: FieldSet, theirs: FieldSet) => FieldSet,
    elements: readonly string[],
  ): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const element of elements) {
      if (children.has(element)) continue;
      const joined = join(this.child(element), other.child(element));
      if (!joined.isEmpty) children.set(element, joined);
    }
    return new FieldSet(self, children);
  }
}

/** One element of a path as Kubernetes writes it. */
export function elementText(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  if (element.startsWith('v:')) return `[=${text}]`;
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch {
    // Records can be written by anybody who may write the object.
    return `[${text}]`;
  }
  if (!isObject(keys)) return `[${text}]`;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
