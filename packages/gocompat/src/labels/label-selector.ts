import { ParseError } from '../parse-error.ts';
import { parseRequirements } from './parser.ts';
import { checkRequirement, requirementText, satisfies } from './requirement.ts';
import type { Requirement, RequirementOperator } from './requirement.ts';

/** A selector over labels: a conjunction of requirements. Immutable. */
export interface LabelSelector {
  readonly requirements: readonly Requirement[];
  /** Whether everything matches. */
  readonly isEverything: boolean;
  /** Whether nothing can match, since the selector was absent. */
  readonly isNothing: boolean;
  /** Absent labels are no labels. */
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** The selector as text that {@link parseLabelSelector} reads, requirements sorted by key. */
  toString(): string;
}

/** The object form of a selector in manifests. */
export interface LabelSelectorObject {
  matchLabels?: Readonly<Record<string, string>> | undefined;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] | undefined }[] | undefined;
}

/** Parses selector text, e.g. `a=b,c!=d,e in (f,g),h,!i,j>3`. Empty text selects everything. Fails with `ParseError`. */
export function parseLabelSelector(text: string): LabelSelector {
  return selector(parseRequirements(text), false);
}

const OPERATORS: Readonly<Record<string, RequirementOperator>> = {
  In: 'In',
  NotIn: 'NotIn',
  Exists: 'Exists',
  DoesNotExist: 'DoesNotExist',
};

/**
 * The selector that an object describes. As in Kubernetes, an absent object selects nothing and an empty one everything.
 * Fails with `ParseError` for unknown operators, bad keys or values.
 */
export function labelSelectorFrom(object: LabelSelectorObject | null | undefined): LabelSelector {
  if (object === undefined || object === null) return selector([], true);
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(object.matchLabels ?? {}))
    requirements.push(checkRequirement({ key, operator: 'In', values: [value] }));
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (known === undefined)
      throw new ParseError(
        'InvalidLabelSelector',
        `label ${JSON.stringify(key)}: ${JSON.stringify(operator)} is not an operator, use In, NotIn, Exists or DoesNotExist`,
      );
    requirements.push(checkRequirement({ key, operator: known, values: values ?? [] }));
  }
  return selector(requirements, false);
}

function selector(unsorted: readonly Requirement[], isNothing: boolean): LabelSelector {
  const requirements = unsorted.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    requirements,
    isEverything: !isNothing && requirements.length === 0,
    isNothing,
    matches: (labels = {}) => !isNothing && requirements.every((requirement) => satisfies(requirement, labels)),
    toString: () => requirements.map(requirementText).join(','),
  };
}
