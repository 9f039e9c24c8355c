/**
 * The syntax tree. `at` is the offset in the source that errors about the node name. Literals of folded expressions are nodes
 * like any other.
 */
export type Node =
  | NilNode
  | BoolNode
  | IntNode
  | FloatNode
  | StringNode
  | BytesNode
  | IdentifierNode
  | PointerNode
  | UnaryNode
  | BinaryNode
  | MemberNode
  | ChainNode
  | SliceNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | ConditionalNode
  | LetNode
  | SequenceNode
  | ListNode
  | MapNode;

export interface NilNode {
  readonly kind: 'nil';
  readonly at: number;
}
export interface BoolNode {
  readonly kind: 'bool';
  readonly at: number;
  readonly value: boolean;
}
export interface IntNode {
  readonly kind: 'int';
  readonly at: number;
  readonly value: bigint;
}
export interface FloatNode {
  readonly kind: 'float';
  readonly at: number;
  readonly value: number;
}
export interface StringNode {
  readonly kind: 'string';
  readonly at: number;
  readonly value: string;
}
export interface BytesNode {
  readonly kind: 'bytes';
  readonly at: number;
  readonly value: Uint8Array;
}
/** A variable, a `let`, or `$env`. */
export interface IdentifierNode {
  readonly kind: 'identifier';
  readonly at: number;
  readonly name: string;
}
/** `#` (empty name), `#index` or `#acc`. */
export interface PointerNode {
  readonly kind: 'pointer';
  readonly at: number;
  readonly name: string;
}
export type UnaryOperator = 'not' | '!' | '-' | '+';
export interface UnaryNode {
  readonly kind: 'unary';
  readonly at: number;
  readonly operator: UnaryOperator;
  readonly operand: Node;
}
export interface BinaryNode {
  readonly kind: 'binary';
  readonly at: number;
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}
export type BinaryOperator =
  | 'or'
  | '||'
  | 'and'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '^'
  | '??';
/** `a.b`, `a["b"]`, `a[0]`, and with `optional` their `?.` forms. */
export interface MemberNode {
  readonly kind: 'member';
  readonly at: number;
  readonly object: Node;
  readonly property: Node;
  readonly optional: boolean;
  /** The member is called at once: errors speak of a method. */
  readonly called: boolean;
}
/** The extent of a `?.`: where its object is nil, the whole chain is. */
export interface ChainNode {
  readonly kind: 'chain';
  readonly at: number;
  readonly inner: Node;
}
export interface SliceNode {
  readonly kind: 'slice';
  readonly at: number;
  readonly object: Node;
  readonly from?: Node | undefined;
  readonly to?: Node | undefined;
}
export interface CallNode {
  readonly kind: 'call';
  readonly at: number;
  readonly callee: Node;
  readonly args: readonly Node[];
}
/** A call of one of the language's own functions. */
export interface BuiltinNode {
  readonly kind: 'builtin';
  readonly at: number;
  readonly name: string;
  readonly args: readonly Node[];
  /** Applied to what the predicate selects: made of a `map` around a `filter`. */
  readonly then?: Node | undefined;
  /** Finding nothing is an error: made of a `filter(…)[0]`. */
  readonly mustFind?: boolean | undefined;
}
export interface PredicateNode {
  readonly kind: 'predicate';
  readonly at: number;
  readonly body: Node;
}
export interface ConditionalNode {
  readonly kind: 'conditional';
  readonly at: number;
  readonly condition: Node;
  readonly then: Node;
  readonly otherwise: Node;
}
export interface LetNode {
  readonly kind: 'let';
  readonly at: number;
  readonly name: string;
  readonly value: Node;
  readonly body: Node;
}
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly at: number;
  readonly nodes: readonly Node[];
}
export interface ListNode {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly Node[];
  /** All items are literals: the list is made once. */
  readonly constant?: boolean | undefined;
  /** The list stands right of `in` and has only string literals: it is looked up as a set of strings. */
  readonly lookup?: boolean | undefined;
}
export interface MapNode {
  readonly kind: 'map';
  readonly at: number;
  readonly entries: readonly { readonly key: Node; readonly value: Node }[];
}
