import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Field } from '../../components/field.tsx';
import { Time } from '../../components/time.tsx';
import { useServices } from '../../services.ts';
import { dataOf, EntriesField, type Entry } from './entries-field.tsx';
import { PlainForm } from './plain-form.tsx';
import { useScope, type Scope } from './scope.ts';
import { Loaded, Section } from './section.tsx';
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
          <table className="data">
            <thead>
              <tr>
                <th>Name</th>
                <th>For</th>
                <th>Description</th>
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ metadata, stringData = {} }) => {
                const type = metadata.labels?.[TYPE] ?? 'generic';
                const flavour = type === 'generic' ? 'generic' : 'repo';
                return (
                  <tr key={`${flavour} ${metadata.name}`}>
                    <td>
                      <Link to={`${base}/${flavour}/${metadata.name ?? ''}`}>
                        <strong>{metadata.name}</strong>
                      </Link>
                    </td>
                    <td>
                      <span className="chip">{WORDS[type] ?? type}</span>{' '}
                      <span className="mono">
                        {type === 'generic' ? Object.keys(stringData).join(', ') : stringData['repoURL']}
                      </span>
                      {metadata.annotations?.[REPLICATE] === undefined ? null : (
                        <span className="chip">copied to all projects</span>
                      )}
                    </td>
                    <td>{metadata.annotations?.[DESCRIPTION]}</td>
                    <td>
                      <Time at={metadata.creationTimestamp} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Loaded>
    </Section>
  );
}

/** One credential, or a new one. */
export function CredentialPage({ scope: kind }: { scope: Scope['kind'] }): React.ReactNode {
  const scope = useScope(kind);
  const { flavour = '', name = '' } = useParams();
  const route = `${scope.api}/${flavour === 'repo' ? 'repo' : 'generic'}-credentials/${encodeURIComponent(name)}`;
  if (name === '') return <CredentialForm scope={scope} stored={undefined} flavour="repo" />;
  return <Stored key={route} route={route} scope={scope} flavour={flavour === 'repo' ? 'repo' : 'generic'} />;
}

function Stored({ route, scope, flavour }: { route: string; scope: Scope; flavour: 'repo' | 'generic' }): React.ReactNode {
  const resource = useResource<Credential>(route);
  return (
    <Loaded resource={resource} isEmpty={() => false} empty="">
      {(stored) => <CredentialForm scope={scope} stored={stored} flavour={flavour} />}
    </Loaded>
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
  const navigate = useNavigate();
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
  const text = (
    label: string,
    value: string,
    set: (value: string) => void,
    more: { hint?: string; secret?: boolean; mono?: boolean; placeholder?: string } = {},
  ): React.ReactNode => (
    <Field label={label} hint={more.hint}>
      {(control) => (
        <input
          {...control}
          type={more.secret === true ? 'password' : 'text'}
          className={more.mono === true ? 'mono' : undefined}
          autoComplete={more.secret === true ? 'new-password' : 'off'}
          spellCheck={false}
          placeholder={more.placeholder}
          value={value}
          onChange={({ target }) => set(target.value)}
        />
      )}
    </Field>
  );
  return (
    <PlainForm
      title={stored === undefined ? 'New credentials' : `Credentials ${metadata.name ?? ''}`}
      about={stored === undefined ? 'Kept encrypted. Values are never shown again.' : 'Fields left empty keep what is stored.'}
      action={stored === undefined ? 'Create' : 'Save'}
      back={base}
      submit={submit}
    >
      <div className="columns">
        <Field label="Name" required={stored === undefined}>
          {(control) => (
            <input
              {...control}
              value={name}
              readOnly={stored !== undefined}
              spellCheck={false}
              autoComplete="off"
              autoFocus={stored === undefined}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
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
      {text('Description', description, setDescription)}
      {isGeneric ? (
        <EntriesField label="Values" entries={entries} set={setEntries} secret />
      ) : (
        <>
          {text('Repository', repoUrl, setRepoUrl, {
            mono: true,
            placeholder: type === 'image' ? 'ghcr.io/acme/app' : 'https://github.com/acme/app',
          })}
          <label className="inline">
            <input type="checkbox" checked={isRegex} onChange={({ target }) => setRegex(target.checked)} /> it is a pattern
            (regular expression) for several repositories
          </label>
          <div className="columns">
            {text('User name', username, setUsername)}
            {text('Password or token', password, setPassword, {
              secret: true,
              ...(stored === undefined ? {} : { placeholder: 'stored; leave empty to keep it' }),
            })}
          </div>
        </>
      )}
      {scope.kind === 'shared' && isGeneric ? (
        <label className="inline">
          <input type="checkbox" checked={replicate} onChange={({ target }) => setReplicate(target.checked)} /> copy it into every
          project
        </label>
      ) : null}
      {stored === undefined ? null : (
        <div>
          <ConfirmButton
            question={`Delete the credentials ${metadata.name ?? ''}? What signs in with them fails from then on.`}
            keep="Keep them"
            run={async () => {
              await api.call('DELETE', `${scope.api}/${flavour}-credentials/${encodeURIComponent(metadata.name ?? '')}`);
              await navigate(base);
            }}
          >
            Delete
          </ConfirmButton>
        </div>
      )}
    </PlainForm>
  );
}
