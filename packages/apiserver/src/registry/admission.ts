import { resourceName, type FieldError, type Kind, type KubeObject } from '@kargo/api';
import type { AdmissionRequest, AdmissionRules, Log } from '@kargo/kube';

/** The admission rules in force. Rules of one kind run in the order in which they were given. */
export class Admission {
  readonly #log: Log;
  readonly #builtIn: readonly AdmissionRules[];
  #rules: readonly AdmissionRules[];

  /** `builtIn` rules come first and stay in force when the others are replaced. */
  constructor(rules: readonly AdmissionRules[], log: Log, builtIn: readonly AdmissionRules[] = []) {
    this.#builtIn = builtIn;
    this.#rules = rules;
    this.#log = log;
  }

  replace(rules: readonly AdmissionRules[]): void {
    this.#rules = rules;
  }

  /** Whether any rule sees such a request before it is validated. */
  mutates(request: Pick<AdmissionRequest, 'kind' | 'operation' | 'subresource'>): boolean {
    return this.#for(request).some((rules) => rules.mutate !== undefined);
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    for (const rules of this.#for(request)) await rules.mutate?.(request);
  }

  async validate(request: AdmissionRequest): Promise<FieldError[]> {
    const errors: FieldError[] = [];
    for (const rules of this.#for(request)) errors.push(...((await rules.validate?.(request)) ?? []));
    return errors;
  }

  warnings(request: AdmissionRequest): string[] {
    return this.#for(request).flatMap((rules) => [...(rules.warnings?.(request) ?? [])]);
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

  #for({
    kind,
    operation,
    subresource,
  }: Pick<AdmissionRequest, 'kind' | 'operation' | 'subresource'>): readonly AdmissionRules<KubeObject>[] {
    const resource = resourceName(kind as Kind);
    return [...this.#builtIn, ...this.#rules].filter(
      (rules) =>
        resourceName(rules.kind) === resource &&
        rules.operations.includes(operation) &&
        (subresource === undefined || rules.status === true),
    );
  }
}
