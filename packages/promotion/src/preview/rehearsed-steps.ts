import type { Json, StepStatus } from '@kargo/api';
import { templateReferences, type Reference } from '@kargo/expr';
import type { ConfigValidator } from '../config/validate.ts';
import { namespaceOf, shortAlias } from '../context/alias.ts';
import type { Expressions, StepScope } from '../context/scope.ts';
import type { StepRegistry } from '../engine/plan.ts';
import { TerminalStepError, type ConfigSchema, type Step, type StepPorts, type StepResult } from '../step.ts';
import type { PreviewEffect } from './document.ts';
import { AnswerUnknown } from './recording-requests.ts';
import { watchedPorts, type SentRequest } from './sent-requests.ts';

/** What became of one step. */
export interface Rehearsed {
  /** Absent: it was not run. */
  result?: StepResult | undefined;
  error?: string | undefined;
  unknown: string[];
  effects: PreviewEffect[];
  /** What it would ask others for, or tried to. */
  requests: SentRequest[];
}

/** One object, so that it is compiled once. */
const ANYTHING: ConfigSchema = {};

/** Takes the place of a configuration that cannot be known. */
const UNKNOWN = Symbol('unknown configuration');

/**
 * The steps and expressions of a preview. Steps run as they are, but what they would wait for is taken to come, what needs outputs that
 * are not known is left out, and nothing is tried again.
 */
export class RehearsedSteps {
  readonly registry: StepRegistry;
  readonly expressions: Expressions;
  readonly steps = new Map<string, Rehearsed>();
  readonly #originals: StepRegistry;
  readonly #validator: ConfigValidator;
  readonly #effects: () => Promise<PreviewEffect[]>;
  /** Aliases of steps whose outputs are not known. */
  readonly #unknown = new Set<string>();

  /** `effects` gives what has happened since it was last called. */
  constructor(
    registry: StepRegistry,
    expressions: Expressions,
    effects: () => Promise<PreviewEffect[]>,
    validator: ConfigValidator,
  ) {
    this.#validator = validator;
    this.#originals = registry;
    this.#effects = effects;
    this.registry = new Map([...registry].map(([name, step]) => [name, this.#rehearsed(step)]));
    this.expressions = {
      condition: async (text, scope) => {
        const missing = this.#missing([text], scope);
        if (missing === undefined) return expressions.condition(text, scope);
        this.#of(aliasOf(scope)).unknown.push(`whether the step runs depends on ${missing}`);
        return true;
      },
      config: async (config, _schema, scope) => {
        const missing = this.#missing(textsOf(config), scope);
        if (missing !== undefined) {
          this.#of(aliasOf(scope)).unknown.push(`its configuration depends on ${missing}`);
          return UNKNOWN;
        }
        const schema = this.#originals.get(scope.step.uses ?? '')?.configSchema ?? {};
        return expressions.config(config, schema, scope);
      },
    };
  }

  #of(alias: string): Rehearsed {
    const known = this.steps.get(alias) ?? { unknown: [], effects: [], requests: [] };
    this.steps.set(alias, known);
    return known;
  }

  #rehearsed(step: Step<never>): Step<never> {
    return {
      ...step,
      // Checked in `run`, as configurations that are not known cannot be.
      configSchema: ANYTHING,
      defaultErrorThreshold: 1,
      run: async (context, ports) => {
        const known = this.#of(context.alias);
        if ((context.config as unknown) === UNKNOWN) return this.#unknownResult(context.alias);
        const watched = watchedPorts(ports as StepPorts, async (request) => void known.requests.push(request));
        try {
          this.#validator.check(step.name, step.configSchema, context.config);
          return this.#settle(context.alias, await step.run(context, watched));
        } catch (error) {
          const answer = answerIn(error);
          if (answer !== undefined) {
            known.unknown.push(answer.message);
            return this.#unknownResult(context.alias);
          }
          known.error = error instanceof Error ? error.message : String(error);
          throw new TerminalStepError(known.error, {
            status: error instanceof TerminalStepError ? error.status : 'Errored',
            cause: error,
          });
        } finally {
          known.effects.push(...(await this.#effects()));
        }
      },
    } as Step<never>;
  }

  #settle(alias: string, result: StepResult): StepResult {
    this.#of(alias).result = result;
    if (result.status !== 'Running') return result;
    return { status: 'Succeeded' satisfies StepStatus, ...(result.output === undefined ? {} : { output: result.output }) };
  }

  #unknownResult(alias: string): StepResult {
    this.#unknown.add(alias);
    return { status: 'Succeeded' };
  }

  /** Which outputs that are not known the texts lead to, in words. */
  #missing(texts: readonly string[], scope: StepScope): string | undefined {
    if (this.#unknown.size === 0) return undefined;
    const aliases = new Set<string>();
    const seen = new Set<string>();
    const pending = [...texts];
    for (let text = pending.pop(); text !== undefined; text = pending.pop()) {
      for (const reference of referencesOf(text)) {
        for (const alias of this.#aliases(reference, aliasOf(scope))) aliases.add(alias);
        if (reference.path[0] !== 'vars') continue;
        for (const { name, value = '' } of [...scope.vars, ...(scope.step.vars ?? [])]) {
          if ((reference.path[1] !== undefined && reference.path[1] !== name) || seen.has(`${name} ${value}`)) continue;
          seen.add(`${name} ${value}`);
          pending.push(value);
        }
      }
    }
    if (aliases.size === 0) return undefined;
    return `the output of ${[...aliases].map((alias) => `step "${alias}"`).join(' and ')}, which is known only when it has run`;
  }

  #aliases({ path, open }: Reference, own: string): string[] {
    const [root, first, second] = path;
    const task = namespaceOf(own);
    if (root === 'outputs') {
      if (first === undefined) return [...this.#unknown];
      return [...this.#unknown].filter((alias) => alias === first || namespaceOf(alias) === first);
    }
    if (root !== 'task' || task === undefined || (first !== undefined && first !== 'outputs')) return [];
    const within = [...this.#unknown].filter((alias) => namespaceOf(alias) === task);
    return second === undefined || open ? within : within.filter((alias) => shortAlias(alias) === second);
  }
}

function referencesOf(text: string): Reference[] {
  try {
    return templateReferences(text);
  } catch {
    // What cannot be read fails where it is evaluated.
    return [];
  }
}

function aliasOf({ plans, index }: StepScope): string {
  return plans[index]?.alias ?? '';
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((item: Json) => textsOf(item)) : [];
}

function answerIn(error: unknown): AnswerUnknown | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth += 1)
    if (current instanceof AnswerUnknown) return current;
  return undefined;
}
