import type { Json } from '@kargo/api';
import type { Log } from '@kargo/kube';
import { SecretsSeen } from '../preview/secrets.ts';
import type { StepLogKey, StepLogs } from './port.ts';

/** Characters of a value that a line shows. */
const MAX_VALUE = 8 * 1024;

/** Writes the log of one step. Nothing leaves it that shows a secret the step is known to have seen. */
export class StepLogger implements Log {
  readonly secrets: SecretsSeen;
  readonly #logs: StepLogs | undefined;
  readonly #key: StepLogKey;
  readonly #inner: Log;
  readonly #fields: object;

  /** `inner` takes along what the step itself logs. Without `logs` nothing else is kept. */
  constructor(options: {
    logs: StepLogs | undefined;
    key: StepLogKey;
    inner: Log;
    secrets?: SecretsSeen | undefined;
    fields?: object | undefined;
  }) {
    this.#logs = options.logs;
    this.#key = options.key;
    this.#inner = options.inner;
    this.secrets = options.secrets ?? new SecretsSeen();
    this.#fields = options.fields ?? {};
  }

  /** Adds to the log of the step alone. */
  say(text: string): void {
    this.#logs?.append(this.#key, this.secrets.hide(text));
  }

  /** Adds a value as JSON, cut to a sensible length. */
  show(what: string, value: Json): void {
    if (this.#logs === undefined) return;
    // Hidden as a value first: secrets that JSON spells differently are found whole.
    const text = JSON.stringify(this.secrets.hideIn(value));
    this.say(`${what}: ${text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}… (${text.length} characters)` : text}`);
  }

  debug(fields: object, message: string): void {
    this.#inner.debug(fields, message);
    this.#line('', fields, message);
  }

  info(fields: object, message: string): void {
    this.#inner.info(fields, message);
    this.#line('', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#inner.warn(fields, message);
    this.#line('warning: ', fields, message);
  }

  error(fields: object, message: string): void {
    this.#inner.error(fields, message);
    this.#line('error: ', fields, message);
  }

  child(fields: object): StepLogger {
    const merged = { ...this.#fields, ...fields };
    return new StepLogger({
      logs: this.#logs,
      key: this.#key,
      inner: this.#inner.child(fields),
      secrets: this.secrets,
      fields: merged,
    });
  }

  #line(level: string, fields: object, message: string): void {
    if (this.#logs === undefined) return;
    const facts = Object.entries({ ...this.#fields, ...fields }).map(([name, value]) => ` ${name}=${valueText(value)}`);
    this.say(`${level}${message}${facts.join('')}`);
  }
}

function valueText(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  const text = typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : (JSON.stringify(value) ?? 'undefined');
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
