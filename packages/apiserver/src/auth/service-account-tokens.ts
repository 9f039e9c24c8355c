import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { Pod, resourceName, Secret, ServiceAccount, type ObjectKey } from '@kargo/api';
import type { Clock, Random, UserInfo } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import type { Store } from '../store/store.ts';
import { serviceAccountName, serviceAccountUser } from './service-account-user.ts';

/** Who issues the tokens; also their audience when none is asked for. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

const HEADER = { alg: 'ES256', typ: 'JWT' } as const;

/** The object with which a token ends. */
export interface BoundObject {
  kind: 'Secret' | 'Pod';
  name: string;
  uid: string;
}

export interface TokenOptions {
  /** Default: the API itself. */
  audiences?: readonly string[] | undefined;
  /** In seconds. Absent: as long as the ServiceAccount and the bound object exist. */
  expiresIn?: number | undefined;
  boundTo?: BoundObject | undefined;
}

/** Who a token stands for, and for whom it is meant. */
export interface VerifiedToken {
  user: UserInfo;
  audiences: readonly string[];
}

export interface ServiceAccountTokensOptions {
  store: Store;
  clock: Clock;
  random: Random;
  /** PEM of a P-256 private key. Absent: tokens end with the process. */
  key?: string | undefined;
}

/**
 * Signed tokens of ServiceAccounts (JWTs, ES256). A token is valid while it has not expired and the very ServiceAccount and bound object
 * it was made for exist: deleting either revokes it.
 */
export class ServiceAccountTokens {
  readonly #options: ServiceAccountTokensOptions;
  #key: KeyObject | undefined;
  #publicKey: KeyObject | undefined;

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options;
    this.#key = options.key === undefined ? undefined : createPrivateKey(options.key);
  }

  /** A new token, and when it ends in milliseconds since the epoch. */
  issue(
    account: ServiceAccount,
    { audiences = [ISSUER], expiresIn, boundTo }: TokenOptions,
  ): { token: string; expires?: number } {
    const { clock, random } = this.#options;
    const { namespace = '', name = '', uid = '' } = account.metadata;
    const now = Math.floor(clock.now() / 1000);
    const bound = boundTo === undefined ? {} : { [boundTo.kind.toLowerCase()]: { name: boundTo.name, uid: boundTo.uid } };
    const claims = {
      aud: audiences,
      ...(expiresIn === undefined ? {} : { exp: now + expiresIn }),
      iat: now,
      iss: ISSUER,
      jti: random.uuid(),
      'kubernetes.io': { namespace, ...bound, serviceaccount: { name, uid } },
      nbf: now,
      sub: serviceAccountName({ namespace, name }),
    };
    const text = `${encode(HEADER)}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.#signingKey(), dsaEncoding: 'ieee-p1363' });
    return {
      token: `${text}.${signature.toString('base64url')}`,
      ...(expiresIn === undefined ? {} : { expires: (now + expiresIn) * 1000 }),
    };
  }

  /** Whose token this is; undefined when it is none of ours, has ended, or is for other audiences than one of these. */
  verify(token: string, audiences: readonly string[] = [ISSUER]): VerifiedToken | undefined {
    const claims = this.#signedClaims(token);
    if (claims?.['iss'] !== ISSUER) return undefined;
    const now = Math.floor(this.#options.clock.now() / 1000);
    const { exp, nbf } = claims;
    if ((typeof exp === 'number' && exp <= now) || (typeof nbf === 'number' && nbf > now)) return undefined;
    const meant = Array.isArray(claims['aud']) ? claims['aud'].filter((audience) => typeof audience === 'string') : [];
    const shared = audiences.filter((audience) => meant.includes(audience));
    const user = shared.length === 0 ? undefined : this.#userOf(claims, token, exp === undefined);
    return user === undefined ? undefined : { user, audiences: shared };
  }

  #signedClaims(token: string): JsonObject | undefined {
    const [header = '', body = '', signature = '', more] = token.split('.');
    if (more !== undefined || signature === '' || header !== encode(HEADER)) return undefined;
    this.#publicKey ??= createPublicKey(this.#signingKey());
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url'))) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    return isObject(claims) ? claims : undefined;
  }

  #userOf(claims: JsonObject, token: string, endless: boolean): UserInfo | undefined {
    const about = claims['kubernetes.io'];
    if (!isObject(about) || typeof about['namespace'] !== 'string') return undefined;
    const { namespace } = about;
    const account = identified(about['serviceaccount']);
    if (account === undefined || !this.#exists(resourceName(ServiceAccount), { namespace, name: account.name }, account.uid))
      return undefined;
    const secret = identified(about['secret']);
    const pod = identified(about['pod']);
    if (secret !== undefined) {
      const stored = this.#exists(resourceName(Secret), { namespace, name: secret.name }, secret.uid);
      if (stored === undefined) return undefined;
      // A token that a Secret carries is valid only while the Secret carries it.
      if (endless && Buffer.from((stored as Secret).data?.['token'] ?? '', 'base64').toString() !== token) return undefined;
    } else if (endless) return undefined;
    if (pod !== undefined && this.#exists(resourceName(Pod), { namespace, name: pod.name }, pod.uid) === undefined)
      return undefined;
    const user = serviceAccountUser({ namespace, name: account.name }, account.uid);
    const id = claims['jti'];
    return typeof id === 'string' ? { ...user, extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] } } : user;
  }

  #exists(resource: string, key: ObjectKey, uid: string): unknown {
    const object = this.#options.store.get(resource, key);
    return object?.metadata.uid === uid && object.metadata.deletionTimestamp === undefined ? object : undefined;
  }

  /** Without a key of the operator's, one is made when it is needed first. */
  #signingKey(): KeyObject {
    this.#key ??= generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    return this.#key;
  }
}

function identified(value: unknown): { name: string; uid: string } | undefined {
  return isObject(value) && typeof value['name'] === 'string' && typeof value['uid'] === 'string'
    ? { name: value['name'], uid: value['uid'] }
    : undefined;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
