import { createPrivateKey, createSign } from 'node:crypto';
import { CloudError } from './cloud-error.ts';

/** A JWT over `claims`, signed with an RSA key in PEM (RS256). Fails with `CloudError` `invalid` for what is no such key. */
export function signedToken(claims: Record<string, string | number>, key: { pem: string; id?: string | undefined }): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = encode({ alg: 'RS256', typ: 'JWT', ...(key.id === undefined ? {} : { kid: key.id }) });
  const signed = `${head}.${encode(claims)}`;
  try {
    const privateKey = createPrivateKey(key.pem);
    if (privateKey.asymmetricKeyType !== 'rsa') throw new Error('it is not an RSA key');
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
  } catch (error) {
    // What the parser says may quote the key.
    throw new CloudError('invalid', 'the private key cannot be used: it must be an RSA key in PEM without passphrase', {
      cause: error instanceof Error ? new Error(error.name) : undefined,
    });
  }
}
