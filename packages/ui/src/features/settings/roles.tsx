import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { Icon, IconButton } from '../../components/icon.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useServices } from '../../services.ts';
import { FixedName } from './fixed-name.tsx';
import { NameLink, nameOf, ObjectTable } from './object-table.tsx';
import { PlainForm } from './plain-form.tsx';
import { useScope } from './scope.ts';
import { Loaded, Section, Stored } from './section.tsx';
import { useResource } from './use-resource.ts';

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs: string[];
}
export interface KargoRole {
  metadata: { name?: string; namespace?: string; annotations?: Record<string, string> };
  kargoManaged: boolean;
  claims: { name: string; values: string[] }[];
  rules: Rule[];
}

const DESCRIPTION = 'kargo.akuity.io/description';
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'promote'] as const;
const RESOURCES = [
  'stages',
  'promotions',
  'freights',
  'freights/status',
  'warehouses',
  'projectconfigs',
  'promotiontasks',
  'analysistemplates',
  'analysisruns',
  'secrets',
  'configmaps',
  'serviceaccounts',
  'roles',
  'rolebindings',
  'events',
  'auditlogs',
  'webhookdeliveries',
];

/** Who may do what in a project; those of the system can be looked at. */
export function Roles({ scope: kind }: { scope: 'project' | 'system' }): React.ReactNode {
  const scope = useScope(kind);
  const base = `${scope.base}/access`;
  const resource = useResource<KargoRole[]>(`${scope.api}/roles`);
  return (
    <Section
      title={kind === 'project' ? 'Roles' : 'System roles'}
      about={
        kind === 'project'
          ? 'Who may do what here. People get a role by what their identity provider says of them; programs by a token.'
          : 'Roles that hold everywhere. The server gives them to people by its configuration.'
      }
      add={kind === 'project' ? { label: 'New role', to: `${base}/new` } : undefined}
    >
      <Loaded resource={resource} isEmpty={(roles) => roles.length === 0} empty="There are no roles.">
        {(roles) => (
          <ObjectTable
            items={roles}
            keyOf={nameOf}
            columns={[
              {
                title: 'Role',
                cell: (role) => (
                  <>
                    <NameLink to={`${base}/${nameOf(role)}`} name={nameOf(role)} />
                    {role.kargoManaged ? null : <span className="chip">made elsewhere</span>}
                    <span className="subject">{role.metadata.annotations?.[DESCRIPTION]}</span>
                  </>
                ),
              },
              {
                title: 'Given to',
                cell: ({ claims }) =>
                  claims.length === 0 ? (
                    <span className="muted">no person</span>
                  ) : (
                    claims.map(({ name, values }) => `${name} ${values.join(', ')}`).join('; ')
                  ),
              },
              { title: 'May', cell: ({ rules }) => summaryOfRules(rules) },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}

function summaryOfRules(rules: readonly Rule[]): string {
  const resources = [...new Set(rules.flatMap(({ resources: own = [] }) => own))];
  return resources.length > 4 ? `${resources.slice(0, 4).join(', ')} and ${resources.length - 4} more` : resources.join(', ');
}

export function RolePage({ scope: kind }: { scope: 'project' | 'system' }): React.ReactNode {
  const scope = useScope(kind);
  const { name = '' } = useParams();
  if (name === '') return <RoleForm stored={undefined} />;
  return (
    <Stored<KargoRole> route={`${scope.api}/roles/${encodeURIComponent(name)}`}>
      {(role) =>
        kind === 'project' && role.kargoManaged ? (
          <RoleForm stored={role} />
        ) : (
          <RoleView
            role={role}
            back={`${scope.base}/access`}
            why={
              kind === 'system'
                ? 'The configuration of the server gives it to people.'
                : 'It was not made with Kargo, and is changed where it was made.'
            }
          />
        )
      }
    </Stored>
  );
}

function RoleView({ role, back, why }: { role: KargoRole; back: string; why: string }): React.ReactNode {
  return (
    <Section
      title={`Role ${role.metadata.name ?? ''}`}
      about={
        <>
          {why} <Link to={back}>All roles</Link>
        </>
      }
    >
      <h2>Given to</h2>
      {role.claims.length === 0 ? (
        <p className="muted">No person.</p>
      ) : (
        <ul className="list">
          {role.claims.map(({ name, values }) => (
            <li key={name}>
              <strong>{name}</strong> {values.join(', ')}
            </li>
          ))}
        </ul>
      )}
      <h2>May</h2>
      <RulesTable rules={role.rules} />
    </Section>
  );
}

export function RulesTable({ rules }: { rules: readonly Rule[] }): React.ReactNode {
  return (
    <ObjectTable
      items={rules}
      keyOf={(rule) => JSON.stringify(rule)}
      columns={[
        { title: 'Resource', mono: true, cell: ({ resources }) => resources?.join(', ') },
        {
          title: 'Named',
          mono: true,
          cell: ({ resourceNames = [] }) =>
            resourceNames.length === 0 ? <span className="muted">all</span> : resourceNames.join(', '),
        },
        { title: 'Verbs', cell: ({ verbs }) => verbs.join(', ') },
      ]}
    />
  );
}

function RoleForm({ stored }: { stored: KargoRole | undefined }): React.ReactNode {
  const { api } = useServices();
  const scope = useScope('project');
  const base = `${scope.base}/access`;
  const [name, setName] = useState(stored?.metadata.name ?? '');
  const [description, setDescription] = useState(stored?.metadata.annotations?.[DESCRIPTION] ?? '');
  const [claims, setClaims] = useState(() =>
    (stored?.claims ?? [{ name: 'groups', values: [''] }]).map((claim) => ({ name: claim.name, text: claim.values.join(', ') })),
  );
  const [rules, setRules] = useState<readonly Rule[]>(
    stored?.rules ?? [{ resources: ['stages'], verbs: ['get', 'list', 'watch', 'promote'] }],
  );
  const submit = (): Promise<unknown> => {
    const role = {
      metadata: { name, namespace: scope.project, annotations: description === '' ? {} : { [DESCRIPTION]: description } },
      claims: claims.flatMap(({ name: claim, text }) => {
        const values = text
          .split(',')
          .map((each) => each.trim())
          .filter((each) => each !== '');
        return claim === '' || values.length === 0 ? [] : [{ name: claim, values }];
      }),
      rules,
    };
    return stored === undefined
      ? api.call('POST', `${scope.api}/roles`, { body: JSON.stringify(role) })
      : api.call('PUT', `${scope.api}/roles/${encodeURIComponent(name)}`, { body: JSON.stringify(role) });
  };
  const changeRule = (index: number, next: Partial<Rule>): void =>
    setRules(rules.map((rule, at) => (at === index ? { ...rule, ...next } : rule)));
  return (
    <PlainForm
      title={stored === undefined ? 'New role' : `Role ${name}`}
      about="Nobody can give what they do not have themselves."
      action={stored === undefined ? 'Create role' : 'Save'}
      back={base}
      submit={submit}
      remove={
        stored === undefined
          ? undefined
          : {
              question: `Delete the role ${name}? Whoever has it loses what it allows, and its tokens stop to work.`,
              keep: 'Keep it',
              run: () => api.call('DELETE', `${scope.api}/roles/${encodeURIComponent(name)}`),
            }
      }
    >
      <div className="columns">
        <FixedName value={name} set={setName} isNew={stored === undefined} />
        <TextField label="Description" value={description} set={setDescription} prose />
      </div>
      <div className="group-field" role="group" aria-label="Given to">
        <div className="group-head">
          <span className="group-label">Given to whoever has one of these claims</span>
          <button type="button" className="link-button" onClick={() => setClaims([...claims, { name: '', text: '' }])}>
            <Icon name="plus" /> Add claim
          </button>
        </div>
        {claims.map((claim, index) => (
          <div className="pair-row" key={index}>
            <input
              aria-label={`Claim ${index + 1}`}
              list="claims"
              className="mono"
              placeholder="groups"
              value={claim.name}
              onChange={({ target }) =>
                setClaims(claims.map((each, at) => (at === index ? { ...each, name: target.value } : each)))
              }
            />
            <input
              aria-label={`Values of claim ${index + 1}`}
              placeholder="developers, release-managers"
              value={claim.text}
              onChange={({ target }) =>
                setClaims(claims.map((each, at) => (at === index ? { ...each, text: target.value } : each)))
              }
            />
            <IconButton
              name="close"
              label={`Remove claim ${index + 1}`}
              onClick={() => setClaims(claims.filter((_, at) => at !== index))}
            />
          </div>
        ))}
        <datalist id="claims">
          <option value="email" />
          <option value="sub" />
          <option value="groups" />
        </datalist>
      </div>
      <div className="group-field" role="group" aria-label="Rules">
        <div className="group-head">
          <span className="group-label">May</span>
          <button
            type="button"
            className="link-button"
            onClick={() => setRules([...rules, { resources: ['stages'], verbs: ['get', 'list', 'watch'] }])}
          >
            <Icon name="plus" /> Add rule
          </button>
        </div>
        {rules.map((rule, index) => (
          <div className="item-card" key={index} role="group" aria-label={`Rule ${index + 1}`}>
            <div className="rule-row">
              <input
                aria-label={`Resource of rule ${index + 1}`}
                list="resources"
                className="mono"
                value={rule.resources?.[0] ?? ''}
                onChange={({ target }) =>
                  changeRule(index, {
                    resources: [target.value],
                    ...(target.value === rule.resources?.[0] ? {} : { apiGroups: [] }),
                  })
                }
              />
              <input
                aria-label={`Names of rule ${index + 1}`}
                placeholder="all of them"
                value={rule.resourceNames?.join(', ') ?? ''}
                onChange={({ target }) =>
                  changeRule(index, {
                    resourceNames: target.value === '' ? [] : target.value.split(',').map((each) => each.trimStart()),
                  })
                }
              />
              <IconButton
                name="close"
                label={`Remove rule ${index + 1}`}
                onClick={() => setRules(rules.filter((_, at) => at !== index))}
              />
            </div>
            <div className="checks">
              {[...new Set([...VERBS, ...rule.verbs])].map((verb) => (
                <label key={verb} className="inline">
                  <input
                    type="checkbox"
                    checked={rule.verbs.includes(verb)}
                    onChange={({ target }) =>
                      changeRule(index, {
                        verbs: target.checked ? [...rule.verbs, verb] : rule.verbs.filter((each) => each !== verb),
                      })
                    }
                  />{' '}
                  {verb}
                </label>
              ))}
            </div>
          </div>
        ))}
        <datalist id="resources">
          {RESOURCES.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </div>
    </PlainForm>
  );
}
