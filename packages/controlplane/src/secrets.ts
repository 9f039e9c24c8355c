import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { writePrivateFile } from './private-file.ts';

/** What the control plane must keep to itself, in a file that only its user can read. */
export interface ServerSecrets {
  /** bcrypt hash of the admin password. */
  adminPasswordHash: string;
  /** Signs the tokens of the admin account. */
  tokenSigningKey: string;
  /** Bearer token of the kubeconfig. */
  kubeToken: string;
  /** Bearer token of controllers in another process. */
  controllerToken: string;
  /** Bearer token of the GitOps agent in another process. */
  agentToken: string;
  /** PEM of the key that signs tokens of ServiceAccounts. */
  serviceAccountKey: string;
}

/** The file with the secrets. */
export const SECRETS_FILE = 'secrets.json';

/** The file of secrets cannot be read. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
}

const BCRYPT_COST = 10;

/**
 * Reads the secrets of a data folder, making what is missing. `generatedPassword` is the admin password if this call invented one: it is
 * stored nowhere and must be shown to the user now.
 */
export async function loadSecrets(
  directory: string,
  adminPassword: string | undefined,
): Promise<{ secrets: ServerSecrets; generatedPassword?: string }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stored = await read(join(directory, SECRETS_FILE));
  const invented =
    adminPassword === undefined && stored?.adminPasswordHash === undefined ? randomBytes(12).toString('base64url') : undefined;
  const password = adminPassword ?? invented;
  const secrets: ServerSecrets = {
    adminPasswordHash: password === undefined ? (stored?.adminPasswordHash ?? '') : await hash(password, BCRYPT_COST),
    tokenSigningKey: stored?.tokenSigningKey ?? randomBytes(32).toString('base64url'),
    kubeToken: stored?.kubeToken ?? randomBytes(32).toString('base64url'),
    controllerToken: stored?.controllerToken ?? randomBytes(32).toString('base64url'),
    agentToken: stored?.agentToken ?? randomBytes(32).toString('base64url'),
    serviceAccountKey: stored?.serviceAccountKey ?? newSigningKey(),
  };
  await writePrivateFile(join(directory, SECRETS_FILE), JSON.stringify(secrets, null, 2));
  return { secrets, ...(invented === undefined ? {} : { generatedPassword: invented }) };
}

function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function read(file: string): Promise<Partial<ServerSecrets> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it holds no object');
    return value as Partial<ServerSecrets>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SecretsError(
      `reading ${file}: ${error instanceof Error ? error.message : String(error)}; restore it from a backup, or delete it to make new secrets (which signs everybody out)`,
      { cause: error },
    );
  }
}
