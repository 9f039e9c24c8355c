import { PortError } from '../port-error.ts';
import type { RenderErrorCode } from './port.ts';

/** A failure to render manifests: which folder, the tool's last words with paths relative to the root, what to do next. */
export class RenderError extends PortError<RenderErrorCode> {
  override readonly name = 'RenderError';

  constructor(code: RenderErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { transient: code === 'timeout' || code === 'failed', cause: options.cause });
  }
}
