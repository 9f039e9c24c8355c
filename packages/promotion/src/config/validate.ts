import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { TerminalStepError, type ConfigSchema } from '../step.ts';

const EMAIL = /^[^\s@<>]+@[^\s@<>]+\.?[^\s@<>]*$/;

/** One way in which a configuration does not fit its schema. */
export interface ConfigViolation {
  /** Where: keys and indices from the root. */
  path: readonly string[];
  /** The keyword of the schema that is violated. */
  keyword: string;
  reason: string;
  /** The key that is missing or that must not be there. */
  key?: string | undefined;
  /** The keys there may be, where one must not be there. */
  allowed?: readonly string[] | undefined;
}

/** Checks configurations against the schemas of steps. Compiles a schema once. */
export class ConfigValidator {
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<ConfigSchema, ValidateFunction>();

  constructor() {
    this.#ajv = new Ajv2020({
      allErrors: true,
      strict: false,
      verbose: true,
      formats: { email: EMAIL, uri: (text: string) => URL.canParse(text) },
    });
  }

  /** Every problem as `<path>: <reason>`; empty if there is none. */
  problems(schema: ConfigSchema, config: unknown): string[] {
    return [...new Set(this.#errors(schema, config).map((error) => `${placeOf(error)}: ${reasonOf(error)}`))];
  }

  /** Every problem in parts. Of alternatives only that none fits is said. */
  violations(schema: ConfigSchema, config: unknown): ConfigViolation[] {
    return this.#errors(schema, config).map((error) => {
      const params = error.params as Record<string, unknown>;
      const key = error.keyword === 'required' ? params['missingProperty'] : params['additionalProperty'];
      const { properties } = (error.parentSchema ?? {}) as ConfigSchema;
      return {
        path: partsOf(error),
        keyword: error.keyword,
        reason: reasonOf(error),
        ...(typeof key === 'string' ? { key, allowed: Object.keys(properties ?? {}) } : {}),
      };
    });
  }

  #errors(schema: ConfigSchema, config: unknown): ErrorObject[] {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(schema);
      this.#compiled.set(schema, validate);
    }
    if (validate(config)) return [];
    return (validate.errors ?? []).filter(({ schemaPath }) => !/\/(?:oneOf|anyOf)\/\d+\//.test(schemaPath));
  }

  /** Fails for good, with every problem, if the configuration does not fit. */
  check(step: string, schema: ConfigSchema, config: unknown): void {
    const problems = this.problems(schema, config);
    if (problems.length > 0) throw new TerminalStepError(`invalid ${step} config: ${problems.join('\n')}`, { status: 'Failed' });
  }
}

function placeOf(error: ErrorObject): string {
  return error.instancePath === '' ? '(root)' : partsOf(error).join('.');
}

function partsOf({ instancePath }: ErrorObject): string[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
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
