import { type FieldError, type Json, type JsonSchema } from '@kargo/api';
import { compileRE2 } from '@kargo/gocompat';
import { forbiddenField, invalidValue, notSupported, required } from './field-errors.ts';
import { suggestion } from './suggestion.ts';

/** Problems of a flat object (a subscription) as against its schema. Fields that the schema does not know are problems too. */
export function fieldProblems(schema: JsonSchema, value: { [key: string]: Json }, path: string): FieldError[] {
  const properties = schema.properties ?? {};
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined || value[name] === null);
  return [
    ...missing.map((name) => required(`${path}.${name}`, '')),
    ...Object.entries(value).flatMap(([name, field]) => {
      const property = properties[name];
      if (property === undefined)
        return [forbiddenField(`${path}.${name}`, `unknown field${suggestion(name, Object.keys(properties))}`)];
      return field === null ? [] : valueProblems(property, field, `${path}.${name}`);
    }),
  ];
}

function valueProblems(schema: JsonSchema, value: Json, path: string): FieldError[] {
  if (typeNameOf(value) !== schema.type && !(schema.type === 'integer' && Number.isInteger(value)))
    return [{ field: path, type: 'FieldValueTypeInvalid', value, detail: `must be of type ${schema.type}` }];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => valueProblems(items, item, `${path}[${index}]`));
  }
  if (typeof value === 'string') return textProblems(schema, value, path);
  if (typeof value === 'number') return numberProblems(schema, value, path);
  return [];
}

function textProblems(schema: JsonSchema, value: string, path: string): FieldError[] {
  const { enum: values, minLength = 0, maxLength = Infinity, pattern, format } = schema;
  if (values !== undefined && !values.includes(value)) {
    const names = values.map(String);
    return [notSupported(path, value, `supported values: ${names.join(', ')}${suggestion(value, names)}`)];
  }
  if (value.length < minLength) return [required(path, '')];
  if (value.length > maxLength) return [invalidValue(path, value, `must have at most ${maxLength} characters`)];
  if (pattern !== undefined && !compileRE2(pattern).test(value)) return [invalidValue(path, value, `must match ${pattern}`)];
  if (format === 'date-time' && Number.isNaN(Date.parse(value)))
    return [invalidValue(path, value, 'must be a time like 2026-01-31T12:00:00Z')];
  return [];
}

function numberProblems({ minimum, maximum }: JsonSchema, value: number, path: string): FieldError[] {
  if (minimum !== undefined && value < minimum) return [invalidValue(path, value, `must be at least ${minimum}`)];
  if (maximum !== undefined && value > maximum) return [invalidValue(path, value, `must be at most ${maximum}`)];
  return [];
}

function typeNameOf(value: Json): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
