import { useState } from 'react';
import { useParams } from 'react-router';
import { TextField } from '../../components/text-field.tsx';
import { useServices } from '../../services.ts';
import { FixedName } from './fixed-name.tsx';
import { dataOf, EntriesField, type Entry } from './entries-field.tsx';
import { NameLink, nameOf, ObjectTable, SINCE } from './object-table.tsx';
import { PlainForm } from './plain-form.tsx';
import { useScope, type Scope } from './scope.ts';
import { Loaded, Section, Stored } from './section.tsx';
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
          <ObjectTable
            items={items}
            keyOf={nameOf}
            columns={[
              { title: 'Name', cell: (item) => <NameLink to={`${base}/${nameOf(item)}`} name={nameOf(item)} /> },
              { title: 'Keys', mono: true, cell: ({ data = {} }) => Object.keys(data).join(', ') },
              { title: 'Description', cell: ({ metadata }) => metadata.annotations?.[DESCRIPTION] },
              SINCE,
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}

export function ConfigMapPage({ scope: kind }: { scope: Scope['kind'] }): React.ReactNode {
  const scope = useScope(kind);
  const { name = '' } = useParams();
  if (name === '') return <ConfigMapForm scope={scope} stored={undefined} />;
  return (
    <Stored<ConfigMap> route={`${scope.api}/configmaps/${encodeURIComponent(name)}`}>
      {(stored) => <ConfigMapForm scope={scope} stored={stored} />}
    </Stored>
  );
}

function ConfigMapForm({ scope, stored }: { scope: Scope; stored: ConfigMap | undefined }): React.ReactNode {
  const { api } = useServices();
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
      remove={
        stored === undefined
          ? undefined
          : {
              question: `Delete the config map ${name}? Expressions that read it find nothing then.`,
              keep: 'Keep it',
              run: () => api.call('DELETE', `${scope.api}/configmaps/${encodeURIComponent(name)}`),
            }
      }
    >
      <FixedName value={name} set={setName} isNew={stored === undefined} />
      <TextField label="Description" value={description} set={setDescription} prose />
      <EntriesField label="Values" entries={entries} set={setEntries} />
      {scope.kind === 'shared' ? (
        <label className="inline">
          <input type="checkbox" checked={replicate} onChange={({ target }) => setReplicate(target.checked)} /> copy it into every
          project
        </label>
      ) : null}
    </PlainForm>
  );
}
