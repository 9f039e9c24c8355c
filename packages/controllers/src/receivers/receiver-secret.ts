import { RECEIVER_TYPES, type ReceiverType, type Secret, type WebhookReceiver } from '@kargo/api';

/** Under which key the Secret of a receiver holds what senders must know. */
const SECRET_KEYS: Partial<Readonly<Record<ReceiverType, string>>> = {
  gitlab: 'secret-token',
  artifactory: 'secret-token',
  harbor: 'auth-header',
};

/** A receiver of exactly one type. */
export interface TypedReceiver {
  name: string;
  type: ReceiverType;
  secretName: string;
  receiver: WebhookReceiver;
}

/** What is the matter with a receiver, in words for its owner. */
export class ReceiverError extends Error {
  override readonly name = 'ReceiverError';
}

/** The type of a receiver and the name of its Secret. Throws {@link ReceiverError} for a receiver without a type, or with several. */
export function typedReceiver(receiver: WebhookReceiver): TypedReceiver {
  const types = RECEIVER_TYPES.filter((type) => receiver[type] !== undefined);
  const [type, ...others] = types;
  if (type === undefined || others.length > 0) {
    const found = type === undefined ? 'none' : types.join(', ');
    throw new ReceiverError(
      `receiver ${receiver.name}: give it exactly one type (${RECEIVER_TYPES.join(', ')}); it has ${found}`,
    );
  }
  const secretName = receiver[type]?.secretRef.name ?? '';
  if (secretName === '') throw new ReceiverError(`receiver ${receiver.name}: ${type}.secretRef.name is empty: name a Secret`);
  return { name: receiver.name, type, secretName, receiver };
}

/** The key of the value that senders must know, for receivers of a type. */
export function receiverSecretKey(type: ReceiverType): string {
  return SECRET_KEYS[type] ?? 'secret';
}

/** Under this end of its key, the Secret holds what senders had to know before, for as long as some of them still use it. */
const PREVIOUS = '-previous';

/**
 * What senders must know, and after that what they had to know before, if the Secret still holds it. Throws {@link ReceiverError} as
 * {@link receiverSecretValue} does.
 */
export function receiverSecretValues(receiver: TypedReceiver, secret: Secret | undefined): [string, ...string[]] {
  const current = receiverSecretValue(receiver, secret);
  const before = secret?.data?.[`${receiverSecretKey(receiver.type)}${PREVIOUS}`];
  const previous = before === undefined ? '' : Buffer.from(before, 'base64').toString('utf8');
  return previous === '' || previous === current ? [current] : [current, previous];
}

/** What senders must know. Throws {@link ReceiverError} if the Secret does not hold it; the value itself is in no message. */
export function receiverSecretValue({ name, type, secretName }: TypedReceiver, secret: Secret | undefined): string {
  if (secret === undefined) throw new ReceiverError(`receiver ${name}: Secret ${secretName} does not exist`);
  const key = receiverSecretKey(type);
  const encoded = secret.data?.[key];
  if (encoded === undefined) throw new ReceiverError(`receiver ${name}: Secret ${secretName} has no key ${key}: add it`);
  const value = Buffer.from(encoded, 'base64').toString('utf8');
  // With an empty one the URL could be guessed, and signatures be made, by anybody.
  if (value === '')
    throw new ReceiverError(`receiver ${name}: key ${key} of Secret ${secretName} is empty: put a long random text there`);
  return value;
}
