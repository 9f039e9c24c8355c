/** What a template is made of. A list is evaluated from left to right, each node on what the one before it selected. */
export type Node =
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'array'; readonly from: Bound; readonly to: Bound; readonly step: Bound }
  | { readonly kind: 'filter'; readonly left: ListNode; readonly operator: string; readonly right: ListNode }
  | { readonly kind: 'number'; readonly value: number; readonly integer: boolean }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'union'; readonly lists: readonly ListNode[] }
  | { readonly kind: 'identifier'; readonly name: string };

export type ListNode = Extract<Node, { kind: 'list' }>;

/** A bound of a slice. `derived`: not written, but following from a single index. */
export interface Bound {
  readonly value: number;
  readonly known: boolean;
  readonly derived: boolean;
}
