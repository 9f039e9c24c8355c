/** The expression language (expr-lang 1.17) and `${{ }}` templating. */
export { ExprError, type ExprErrorCode, type Position } from './error.ts';
export type { Budget } from './budget.ts';
export type { Json } from './json.ts';
export { check, compile, type CompileOptions, type Program, type VariableType } from './program.ts';
export { HostFunction, hostFunction, type Signature, type TypeName } from './host/function.ts';
export { Struct, StructType, type StructField, type StructMethod } from './host/struct.ts';
export { fromJson, toJson, type FromJsonOptions } from './values/convert.ts';
export type { StringMap, Value } from './values/value.ts';
export { AnyMap } from './values/any-map.ts';
export { NamedInt, SizedInt } from './values/sized-int.ts';
export { Duration, parseDuration } from './time/duration.ts';
export { Time } from './time/time.ts';
export { loadZone, UTC, Zone } from './time/zone.ts';
export { hasTemplate } from './template/scan.ts';
export { checkTemplate, compileTemplate, renderTemplate, type Template } from './template/template.ts';
export { renderConfig, type RenderConfigOptions } from './template/config.ts';
export type { JsonSchemaLike } from './template/schema.ts';
export { references, templateReferences, type Reference } from './references.ts';
