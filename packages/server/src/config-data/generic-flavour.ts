import { labels } from '@kargo/api';
import { badRequest } from '../http/http-error.ts';
import { textField } from '../http/request-body.ts';
import type { CredentialFlavour } from './credential-flavour.ts';
import { encoded, entriesOf, isEmpty, patchedEntries, patchedMetadata, removedKeys, replacedMetadata } from './entries.ts';

/** Credentials with whatever keys promotions and receivers need. */
export const genericCredentials: CredentialFlavour = {
  path: 'generic-credentials',
  types: ['generic'],
  gatesReading: true,

  create(body, metadata) {
    const data = entriesOf(body);
    if (isEmpty(data)) throw badRequest('cannot create empty secret');
    const type = textField(body, 'type');
    return {
      metadata: replacedMetadata({ ...metadata, labels: { [labels.credType]: 'generic' } }, body),
      ...(type === undefined ? {} : { type }),
      data: encoded(data),
    };
  },

  replace(body) {
    const data = entriesOf(body);
    if (isEmpty(data)) throw badRequest('cannot update to empty secret');
    return (stored) => {
      // A value that is left empty is one that the caller was not shown.
      const kept = Object.entries(encoded(data)).map(([name, value]): [string, string] => [
        name,
        value === '' ? (stored.data?.[name] ?? '') : value,
      ]);
      return { ...stored, metadata: replacedMetadata(stored.metadata, body), data: Object.fromEntries(kept) };
    };
  },

  patch(body) {
    const [changes, removed] = [encoded(entriesOf(body)), removedKeys(body)];
    return (stored) => {
      const data = patchedEntries(stored.data, changes, removed);
      if (isEmpty(data)) throw badRequest('cannot have empty secret');
      return { ...stored, metadata: patchedMetadata(stored.metadata, body), data };
    };
  },
};
