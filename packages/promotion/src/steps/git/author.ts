import type { GitIdentity } from '@kargo/integrations';
import type { ConfigSchema } from '../../step.ts';
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
      signingKey: optionalText('GPG or SSH key commits are signed with.'),
    },
    ['name', 'email'],
    { description },
  );
}

/** The identity of commits, and what they are signed with. Never falls back to the key of the system user. */
export function identityOf(author: AuthorConfig | undefined): GitIdentity | undefined {
  if (author === undefined) return undefined;
  const { name, email, signingKey = '' } = author;
  return { name, email, ...(signingKey === '' ? {} : { signingKey }) };
}
