import type { GitIdentity } from '@kargo/integrations';
import { TerminalStepError, type ConfigSchema } from '../../step.ts';
import { object, optionalText, text } from '../schema.ts';

/** `author` of git steps. */
export interface AuthorConfig {
  name: string;
  email: string;
  signingKey?: string | undefined;
}

export function authorSchema(description: string): ConfigSchema {
  return object(
    {
      name: text('Name of the author.'),
      email: { type: 'string', format: 'email', description: 'Email address of the author.' },
      signingKey: optionalText('GPG key commits are signed with.'),
    },
    ['name', 'email'],
    { description },
  );
}

/** The identity of commits; refuses a signing key rather than making unsigned commits in its name. */
export function identityOf(author: AuthorConfig | undefined): GitIdentity | undefined {
  if (author === undefined) return undefined;
  if (author.signingKey !== undefined && author.signingKey !== '')
    throw new TerminalStepError(
      'signing commits with author.signingKey is not supported yet; remove it to make unsigned commits',
    );
  return { name: author.name, email: author.email };
}
