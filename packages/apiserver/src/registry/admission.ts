import { resourceName, type FieldError, type Kind, type KubeObject } from '@kargo/api';
import type { AdmissionRequest, AdmissionRules, Log } from '@kargo/kube';
import type { WebhookAdmission } from '../webhooks/webhook-admission.ts';

const MAX_FOUND = 1000;

/** The admission rules in force. Rules of one kind run in the order in which they were given. */
export class Admission {
  readonly #log: Log;
  readonly #builtIn: readonly AdmissionRules[];
  readonly #webhooks: WebhookAdmission | undefined;
  #rules: readonly AdmissionRules[];
  /** Rules by resource, operation and subresource, as they were looked for. */
  readonly #found = new Map<string, readonly AdmissionRules[]>();

  /** `builtIn` rules come first and stay in force when the others are replaced. Webhooks come after all rules. */
  constructor(
    rules: readonly AdmissionRules[],
    log: Log,
    { builtIn = [], webhooks }: { builtIn?: readonly AdmissionRules[]; webhooks?: WebhookAdmission } = {},
  ) {
    this.#builtIn = builtIn;
    this.#webhooks = webhooks;
    this.#rules = rules;
    this.#log = log;
  }

  replace(rules: readonly AdmissionRules[]): void {
    this.#rules = rules;
    this.#found.clear();
  }

  /** Whether any rule or webhook sees such a request before it is validated. */
  mutates(request: AdmissionRequest, asksWebhooks = true): boolean {
    if (this.#for(request).some((rules) => rules.mutate !== undefined)) return true;
    return asksWebhooks && this.#webhooks?.mutates(request) === true;
  }

  /** Lets rules and webhooks change the object. Returns warnings of webhooks. */
  async mutate(request: AdmissionRequest, asksWebhooks = true): Promise<string[]> {
    for (const rules of this.#for(request)) await rules.mutate?.(request);
    return asksWebhooks ? ((await this.#webhooks?.mutate(request)) ?? []) : [];
  }

  /** Asks the webhooks about a write that everything else allows. Returns their warnings; fails when one refuses. */
  async review(request: AdmissionRequest): Promise<string[]> {
    return (await this.#webhooks?.validate(request)) ?? [];
  }

  async validate(request: AdmissionRequest): Promise<FieldError[]> {
    const errors: FieldError[] = [];
    for (const rules of this.#for(request)) errors.push(...((await rules.validate?.(request)) ?? []));
    return errors;
  }

  warnings(request: AdmissionRequest): string[] {
    return [
      ...this.#for(request).flatMap((rules) => [...(rules.warnings?.(request) ?? [])]),
      ...(this.#webhooks?.warnings(request) ?? []),
    ];
  }

  /** Tells the rules of a durable write. Their failures are logged and change nothing. */
  async after(request: AdmissionRequest): Promise<void> {
    for (const rules of this.#for(request)) {
      try {
        await rules.after?.(request);
      } catch (error) {
        this.#log.error(
          { error, kind: request.kind.kind, ...request.key, operation: request.operation },
          'work after a write failed',
        );
      }
    }
  }

  #for({ kind, operation, subresource }: AdmissionRequest): readonly AdmissionRules<KubeObject>[] {
    const resource = resourceName(kind as Kind);
    const key = `${resource} ${operation} ${subresource ?? ''}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      // Kinds come and go at run time.
      if (this.#found.size >= MAX_FOUND) this.#found.clear();
      found = [...this.#builtIn, ...this.#rules].filter(
        (rules) =>
          resourceName(rules.kind) === resource &&
          rules.operations.includes(operation) &&
          (subresource === undefined || rules.status === true),
      );
      this.#found.set(key, found);
    }
    return found;
  }
}
