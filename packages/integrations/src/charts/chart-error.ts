import { PortError } from '../port-error.ts';
import type { ChartErrorCode } from './port.ts';

const TRANSIENT: ReadonlySet<ChartErrorCode> = new Set<ChartErrorCode>(['unreachable', 'rateLimited', 'timeout', 'failed']);

/** A failure to read the index of a chart repository: which one, why, what to do next. */
export class ChartError extends PortError<ChartErrorCode> {
  override readonly name = 'ChartError';

  constructor(code: ChartErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { transient: TRANSIENT.has(code), cause: options.cause });
  }
}
