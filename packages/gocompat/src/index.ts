/** Semantics that users rely on from Go tools. Pure: no I/O, no clock. */
export { ParseError } from './parse-error.ts';
export type { ParseErrorCode } from './parse-error.ts';
export { labelSelectorFrom, parseLabelSelector } from './labels/label-selector.ts';
export type { LabelSelector, LabelSelectorObject } from './labels/label-selector.ts';
export { labelKeyProblem, labelValueProblem } from './labels/requirement.ts';
export type { Requirement, RequirementOperator } from './labels/requirement.ts';
export { compareVersions, incrementVersion, parseVersion, tryParseVersion } from './semver/version.ts';
export type { Version } from './semver/version.ts';
export { parseConstraint } from './semver/constraint.ts';
export type { Constraint } from './semver/constraint.ts';
export { compileRE2 } from './regexp/re2.ts';
export type { RE2, RE2Match } from './regexp/re2.ts';
export { formatDuration, formatDurationNanos, parseDuration, parseDurationNanos } from './duration/duration.ts';
export { formatAge } from './duration/age.ts';
export { compareQuantities, parseQuantity } from './quantity/quantity.ts';
export type { Quantity } from './quantity/quantity.ts';
export { compileGlob } from './glob/glob.ts';
export type { Glob } from './glob/glob.ts';
