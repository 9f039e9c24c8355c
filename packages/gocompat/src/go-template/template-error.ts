/** A template that cannot be parsed or executed; the message says where and why. */
export class GoTemplateError extends Error {
  override readonly name = 'GoTemplateError';
}
