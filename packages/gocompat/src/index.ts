/** Semantics that users rely on from Go tools. Pure: no I/O, no clock. */
export { ParseError } from './parse-error.ts';
export type { ParseErrorCode } from './parse-error.ts';
export { labelSelectorFrom, parseLabelSelector } from './labels/label-selector.ts';
export type { LabelSelector, LabelSelectorObject } from './labels/label-selector.ts';
export { labelKeyProblem, labelValueProblem } from './labels/requirement.ts';
export type { Requirement, RequirementOperator } from './labels/requirement.ts';
