import { CLIError } from './cli-error.ts';
import type { CLIIO } from './io.ts';

/** The flags that give a secret. */
export interface SecretOptions {
  password?: string;
  passwordStdin?: boolean;
}

/** The secret of a flag, of standard input, or of the person at the terminal. Fails where none of them is there. */
export async function askSecret(io: CLIIO, { password, passwordStdin }: SecretOptions, question: string): Promise<string> {
  if (password !== undefined) return password;
  if (passwordStdin === true) return readLine(io);
  if (!io.isTTY) throw new CLIError('Usage', 'there is no terminal to ask for the password: use --password-stdin or --password');
  return io.promptSecret(question);
}

/** Standard input without the line end it ends with. */
export async function readLine({ stdin }: CLIIO): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
