import { useState } from 'react';
import { useParams } from 'react-router';
import { Field } from '../../components/field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useServices } from '../../services.ts';
import { FixedName } from './fixed-name.tsx';
import { dataOf, EntriesField, type Entry } from './entries-field.tsx';
import { NameLink, nameOf, ObjectTable, SINCE } from './object-table.tsx';
import { PlainForm } from './plain-form.tsx';
import { useScope, type Scope } from './scope.ts';
import { Loaded, Section, Stored } from './section.tsx';
import { useResource } from './use-resource.ts';

/** Credentials as the API gives them: keys without their values, but for those that are no secrets. */
interface Credential {
  metadata: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string>; creationTimestamp?: string };
  stringData?: Record<string, string>;
}
interface CredentialList {
  items: Credential[];
}

const TYPE = 'kargo.akuity.io/cred-type';
const DESCRIPTION = 'kargo.akuity.io/description';
const REPLICATE = 'kargo.akuity.io/replicate-to';
const WORDS: Record<string, string> = { git: 'Git', image: 'Image registry', helm: 'Helm charts', generic: 'Generic' };

const TEXTS: Record<Scope['kind'], { title: string; path: string; about: string }> = {
  project: {
    title: 'Credentials',
    path: 'secrets',
    about: 'What this project signs in with. Values are written, and never shown again.',
  },
  shared: {
    title: 'Shared credentials',
    path: 'shared-secrets',
    about: 'What all projects sign in with, unless they have their own. Values are written, and never shown again.',
  },
  system: {
    title: 'System credentials',
    path: 'system-secrets',
    about: 'What the control plane itself needs, such as the secrets of webhook receivers of the cluster.',
  },
};

/** Every credential of a scope. */
export function Credentials({ scope: kind }: { scope: Scope['kind'] }): React.ReactNode {
  const scope = useScope(kind);
  const { title, path, about } = TEXTS[kind];
  const base = `${scope.base}/${path}`;
  const generic = useResource<CredentialList>(`${scope.api}/generic-credentials`);
  // The system has no repositories of its own.
  const repositories = useResource<CredentialList>(
    kind === 'system' ? `${scope.api}/generic-credentials` : `${scope.api}/repo-credentials`,
  );
  const all =
    kind === 'system'
      ? generic
      : {
          ...generic,
          error: generic.error ?? repositories.error,
          value:
            generic.value === undefined || repositories.value === undefined
              ? undefined
              : { items: [...repositories.value.items, ...generic.value.items] },
        };
  return (
    <Section title={title} about={about} add={{ label: 'New credentials', to: `${base}/new` }}>
      <Loaded resource={all} isEmpty={({ items }) => items.length === 0} empty="None yet. Public repositories need none.">
        {({ items }) => (
          <ObjectTable
            items={items}
            keyOf={(item) => `${flavourOf(item)} ${nameOf(item)}`}
            columns={[
              {
                title: 'Name',
                cell: (item) => <NameLink to={`${base}/${flavourOf(item)}/${nameOf(item)}`} name={nameOf(item)} />,
              },
              { title: 'For', cell: (item) => <Purpose credential={item} /> },
              { title: 'Description', cell: ({ metadata }) => metadata.annotations?.[DESCRIPTION] },
              SINCE,
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}

function typeOf({ metadata }: Credential): string {
  return metadata.labels?.[TYPE] ?? 'generic';
}

function flavourOf(credential: Credential): 'repo' | 'generic' {
  return typeOf(credential) === 'generic' ? 'generic' : 'repo';
}

function Purpose({ credential }: { credential: Credential }): React.ReactNode {
  const { metadata, stringData = {} } = credential;
  const type = typeOf(credential);
  return (
    <>
      <span className="chip">{WORDS[type] ?? type}</span>{' '}
      <span className="mono">{type === 'generic' ? Object.keys(stringData).join(', ') : stringData['repoURL']}</span>
      {metadata.annotations?.[REPLICATE] === undefined ? null : <span className="chip">copied to all projects</span>}
    </>
  );
}

/** One credential, or a new one. */
export function CredentialPage({ scope: kind }: { scope: Scope['kind'] }): React.ReactNode {
  const scope = useScope(kind);
  const { flavour: written = '', name = '' } = useParams();
  if (name === '') return <CredentialForm scope={scope} stored={undefined} flavour="repo" />;
  const flavour = written === 'repo' ? 'repo' : 'generic';
  return (
    <Stored<Credential> route={`${scope.api}/${flavour}-credentials/${encodeURIComponent(name)}`}>
      {(stored) => <CredentialForm scope={scope} stored={stored} flavour={flavour} />}
    </Stored>
  );
}

const TYPES = ['git', 'image', 'helm', 'generic'] as const;

function CredentialForm({
  scope,
  stored,
  flavour,
}: {
  scope: Scope;
  stored: Credential | undefined;
  flavour: 'repo' | 'generic';
}): React.ReactNode {
  const { api } = useServices();
  const base = `${scope.base}/${TEXTS[scope.kind].path}`;
  const { metadata, stringData = {} } = stored ?? { metadata: {} as Credential['metadata'] };
  const [name, setName] = useState(metadata.name ?? '');
  const [type, setType] = useState<string>(
    stored === undefined ? (scope.kind === 'system' ? 'generic' : 'git') : (metadata.labels?.[TYPE] ?? 'generic'),
  );
  const [description, setDescription] = useState(metadata.annotations?.[DESCRIPTION] ?? '');
  const [repoUrl, setRepoUrl] = useState(stringData['repoURL'] ?? '');
  const [isRegex, setRegex] = useState(stringData['repoURLIsRegex'] === 'true');
  const [username, setUsername] = useState(stringData['username'] ?? '');
  const [password, setPassword] = useState('');
  const [replicate, setReplicate] = useState(metadata.annotations?.[REPLICATE] !== undefined);
  const [entries, setEntries] = useState<readonly Entry[]>(() => {
    const kept = flavour === 'generic' ? Object.keys(stringData).map((key) => ({ key, value: '', isStored: true })) : [];
    return kept.length === 0 ? [{ key: '', value: '' }] : kept;
  });
  const isGeneric = type === 'generic';
  const submit = (): Promise<unknown> => {
    const route = `${scope.api}/${isGeneric ? 'generic' : 'repo'}-credentials`;
    const own = `${route}/${encodeURIComponent(name)}`;
    const send = (method: string, to: string, body: object): Promise<unknown> =>
      api.call(method, to, { body: JSON.stringify(body) });
    if (isGeneric) {
      const body = { description, replicate: scope.kind === 'shared' && replicate, data: dataOf(entries) };
      return stored === undefined ? send('POST', route, { name, ...body }) : send('PUT', own, body);
    }
    const body = { type, description, repoUrl, repoUrlIsRegex: isRegex, username, password };
    // What is left empty stays as it is stored, so that nobody has to type a password again.
    return stored === undefined ? send('POST', route, { name, ...body }) : send('PATCH', own, body);
  };
  return (
    <PlainForm
      title={stored === undefined ? 'New credentials' : `Credentials ${metadata.name ?? ''}`}
      about={stored === undefined ? 'Kept encrypted. Values are never shown again.' : 'Fields left empty keep what is stored.'}
      action={stored === undefined ? 'Create' : 'Save'}
      back={base}
      submit={submit}
      remove={
        stored === undefined
          ? undefined
          : {
              question: `Delete the credentials ${nameOf(stored)}? What signs in with them fails from then on.`,
              keep: 'Keep them',
              run: () => api.call('DELETE', `${scope.api}/${flavour}-credentials/${encodeURIComponent(nameOf(stored))}`),
            }
      }
    >
      <div className="columns">
        <FixedName value={name} set={setName} isNew={stored === undefined} />
        <Field label="For">
          {(control) => (
            <select
              {...control}
              value={type}
              disabled={stored !== undefined && flavour === 'generic'}
              onChange={({ target }) => setType(target.value)}
            >
              {TYPES.filter(
                (each) =>
                  (scope.kind !== 'system' || each === 'generic') &&
                  (stored === undefined || (flavour === 'generic') === (each === 'generic')),
              ).map((each) => (
                <option key={each} value={each}>
                  {WORDS[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <TextField label="Description" value={description} set={setDescription} prose />
      {isGeneric ? (
        <EntriesField label="Values" entries={entries} set={setEntries} secret />
      ) : (
        <>
          <TextField
            label="Repository"
            value={repoUrl}
            set={setRepoUrl}
            mono
            placeholder={type === 'image' ? 'ghcr.io/acme/app' : 'https://github.com/acme/app'}
          />
          <label className="inline">
            <input type="checkbox" checked={isRegex} onChange={({ target }) => setRegex(target.checked)} /> it is a pattern
            (regular expression) for several repositories
          </label>
          <div className="columns">
            <TextField label="User name" value={username} set={setUsername} />
            <TextField
              label="Password or token"
              value={password}
              set={setPassword}
              secret
              placeholder={stored === undefined ? undefined : 'stored; leave empty to keep it'}
            />
          </div>
        </>
      )}
      {scope.kind === 'shared' && isGeneric ? (
        <label className="inline">
          <input type="checkbox" checked={replicate} onChange={({ target }) => setReplicate(target.checked)} /> copy it into every
          project
        </label>
      ) : null}
    </PlainForm>
  );
}
