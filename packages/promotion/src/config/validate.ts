import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { TerminalStepError, type ConfigSchema } from '../step.ts';

const EMAIL = /^[^\s@<>]+@[^\s@<>]+\.?[^\s@<>]*$/;

/** Checks configurations against the schemas of steps. Compiles a schema once. */
export class ConfigValidator {
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<ConfigSchema, ValidateFunction>();

  constructor() {
    this.#ajv = new Ajv2020({ allErrors: true, strict: false, verbose: true, formats: { email: EMAIL } });
  }

  /** Every problem as `<path>: <reason>`; empty if there is none. */
  problems(schema: ConfigSchema, config: unknown): string[] {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(schema);
      this.#compiled.set(schema, validate);
    }
    if (validate(config)) return [];
    const errors = (validate.errors ?? []).filter(({ schemaPath }) => !/\/(?:oneOf|anyOf)\/\d+\//.test(schemaPath));
    return [...new Set(errors.map((error) => `${placeOf(error)}: ${reasonOf(error)}`))];
  }

  /** Fails for good, with every problem, if the configuration does not fit. */
  check(step: string, schema: ConfigSchema, config: unknown): void {
    const problems = this.problems(schema, config);
    if (problems.length > 0) throw new TerminalStepError(`invalid ${step} config: ${problems.join('\n')}`, { status: 'Failed' });
  }
}

function placeOf({ instancePath }: ErrorObject): string {
  if (instancePath === '') return '(root)';
  return instancePath
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

function reasonOf(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  const limit = String(params['limit']);
  switch (error.keyword) {
    case 'required':
      return `${String(params['missingProperty'])} is required`;
    case 'additionalProperties':
      return `Additional property ${String(params['additionalProperty'])} is not allowed${allowedKeys(error)}`;
    case 'minLength':
      return `String length must be greater than or equal to ${limit}`;
    case 'maxLength':
      return `String length must be less than or equal to ${limit}`;
    case 'minItems':
      return `Array must have at least ${limit} items`;
    case 'maxItems':
      return `Array must have at most ${limit} items`;
    case 'minProperties':
      return `Must have at least ${limit} properties`;
    case 'minimum':
      return `Must be greater than or equal to ${limit}`;
    case 'maximum':
      return `Must be less than or equal to ${limit}`;
    case 'uniqueItems':
      return 'Array items must be unique';
    case 'oneOf':
      return `Must validate one and only one schema (oneOf)${alternatives(error)}`;
    case 'anyOf':
      return `Must validate at least one schema (anyOf)${alternatives(error)}`;
    case 'pattern':
      return `Does not match pattern '${String(params['pattern'])}'`;
    case 'format':
      return `Does not match format '${String(params['format'])}'`;
    case 'enum':
      return `${placeOf(error)} must be one of the following: ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    case 'type':
      return `Invalid type. Expected: ${String(params['type'])}, given: ${typeName(error.data)}`;
    default:
      return error.message ?? error.keyword;
  }
}

/** Names the alternatives, where each is told by a key that has to be there. */
function alternatives(error: ErrorObject): string {
  const branches = error.schema as readonly ConfigSchema[];
  const keys = branches.flatMap(({ required }) => (required?.length === 1 ? required : []));
  if (keys.length < 2) return '';
  const count = error.keyword === 'anyOf' ? 'at least' : keys.length === branches.length ? 'exactly' : 'at most';
  return `; give ${count} one of ${keys.join(', ')}`;
}

function allowedKeys(error: ErrorObject): string {
  const { properties } = (error.parentSchema ?? {}) as ConfigSchema;
  const keys = Object.keys(properties ?? {});
  return keys.length === 0 ? '' : `; allowed are ${keys.join(', ')}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
