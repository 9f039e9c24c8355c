import { PortError } from '../port-error.ts';
import type { RegistryErrorCode } from './port.ts';

const TRANSIENT: ReadonlySet<RegistryErrorCode> = new Set<RegistryErrorCode>(['unreachable', 'rateLimited', 'timeout', 'failed']);

/** A failure to get something of an image registry: which repository, why, what to do next. */
export class RegistryError extends PortError<RegistryErrorCode> {
  override readonly name = 'RegistryError';

  constructor(code: RegistryErrorCode, message: string, options: { cause?: unknown; retryAt?: number | undefined } = {}) {
    super(code, message, { transient: TRANSIENT.has(code), ...options });
  }
}
