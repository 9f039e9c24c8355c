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

interface ConfigMap {
  metadata: { name?: string; annotations?: Record<string, string>; creationTimestamp?: string };
  data?: Record<string, string>;
}

const DESCRIPTION = 'kargo.akuity.io/description';
const REPLICATE = 'kargo.akuity.io/replicate-to';
const TEXTS: Record<Scope['kind'], { title: string; path: string; about: string }> = {
  project: { title: 'Config maps', path: 'config-maps', about: 'Plain values for expressions: configMap("name").key' },
  shared: {
    title: 'Shared config maps',
    path: 'config-maps',
    about: 'Plain values for expressions in all projects: sharedConfigMap("name").key',
  },
  system: { title: 'System config maps', path: 'system-config-maps', about: 'Plain values that the control plane itself reads.' },
};

export function ConfigMaps({ scope: kind }: { scope: Scope['kind'] }): React.ReactNode {
  const scope = useScope(kind);
  const { title, path, about } = TEXTS[kind];
  const base = `${scope.base}/${path}`;
  const resource = useResource<{ items: ConfigMap[] }>(`${scope.api}/configmaps`);
  return (
    <Section title={title} about={about} add={{ label: 'New config map', to: `${base}/new` }}>
      <Loaded resource={resource} isEmpty={({ items }) => items.length === 0} empty="None yet.">
        {({ items }) => (
          <table className="data">
            <thead>
              <tr>
                <th>Name</th>
                <th>Keys</th>
                <th>Description</th>
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ metadata, data = {} }) => (
                <tr key={metadata.name}>
                  <td>
                    <Link to={`${base}/${metadata.name ?? ''}`}>
                      <strong>{metadata.name}</strong>
                    </Link>
                  </td>
                  <td className="mono">{Object.keys(data).join(', ')}</td>
                  <td>{metadata.annotations?.[DESCRIPTION]}</td>
                  <td>
                    <Time at={metadata.creationTimestamp} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </Section>
  );
}

export function ConfigMapPage({ scope: kind }: { scope: Scope['kind'] }): React.ReactNode {
  const scope = useScope(kind);
  const { name = '' } = useParams();
  if (name === '') return <ConfigMapForm scope={scope} stored={undefined} />;
  return <Stored key={name} scope={scope} name={name} />;
}

function Stored({ scope, name }: { scope: Scope; name: string }): React.ReactNode {
  const resource = useResource<ConfigMap>(`${scope.api}/configmaps/${encodeURIComponent(name)}`);
  return (
    <Loaded resource={resource} isEmpty={() => false} empty="">
      {(stored) => <ConfigMapForm scope={scope} stored={stored} />}
    </Loaded>
  );
}

function ConfigMapForm({ scope, stored }: { scope: Scope; stored: ConfigMap | undefined }): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const base = `${scope.base}/${TEXTS[scope.kind].path}`;
  const [name, setName] = useState(stored?.metadata.name ?? '');
  const [description, setDescription] = useState(stored?.metadata.annotations?.[DESCRIPTION] ?? '');
  const [replicate, setReplicate] = useState(stored?.metadata.annotations?.[REPLICATE] !== undefined);
  const [entries, setEntries] = useState<readonly Entry[]>(() =>
    Object.entries(stored?.data ?? { '': '' }).map(([key, value]) => ({ key, value })),
  );
  const submit = (): Promise<unknown> => {
    const body = { description, replicate: scope.kind === 'shared' && replicate, data: dataOf(entries) };
    return stored === undefined
      ? api.call('POST', `${scope.api}/configmaps`, { body: JSON.stringify({ name, ...body }) })
      : api.call('PUT', `${scope.api}/configmaps/${encodeURIComponent(name)}`, { body: JSON.stringify(body) });
  };
  return (
    <PlainForm
      title={stored === undefined ? 'New config map' : `Config map ${name}`}
      about="Not for secrets: everybody who may see the project can read it."
      action={stored === undefined ? 'Create' : 'Save'}
      back={base}
      submit={submit}
    >
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
      <Field label="Description">
        {(control) => <input {...control} value={description} onChange={({ target }) => setDescription(target.value)} />}
      </Field>
      <EntriesField label="Values" entries={entries} set={setEntries} />
      {scope.kind === 'shared' ? (
        <label className="inline">
          <input type="checkbox" checked={replicate} onChange={({ target }) => setReplicate(target.checked)} /> copy it into every
          project
        </label>
      ) : null}
      {stored === undefined ? null : (
        <div>
          <ConfirmButton
            question={`Delete the config map ${name}? Expressions that read it find nothing then.`}
            keep="Keep it"
            run={async () => {
              await api.call('DELETE', `${scope.api}/configmaps/${encodeURIComponent(name)}`);
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
