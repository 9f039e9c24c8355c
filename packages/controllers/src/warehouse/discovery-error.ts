/** A subscription that cannot be looked at as it is written: only its author can change that. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  readonly code: 'InvalidSubscription' | 'UnsupportedSubscription';

  constructor(code: SubscriptionError['code'], message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** Runs `parse`, whose failure means that a text in a subscription is not what it should be. */
export function fromSubscription<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SubscriptionError('InvalidSubscription', `${field}: ${why}`, { cause: error });
  }
}
