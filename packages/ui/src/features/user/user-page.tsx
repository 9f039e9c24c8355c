import { useState } from 'react';
import { Link } from 'react-router';
import { CopyField } from '../../components/copy-field.tsx';
import { Field } from '../../components/field.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { claimsOfToken } from '../../data/token.ts';
import { useServices, useToken } from '../../services.ts';
import { Loaded } from '../settings/section.tsx';
import { useResource } from '../settings/use-resource.ts';
import { AppBar } from '../shell/app-bar.tsx';

interface Who {
  kind: 'admin' | 'local' | 'kubernetes' | 'person' | 'anonymous';
  actor: string;
  username?: string;
  groups?: string[];
  claims?: Record<string, unknown>;
  accounts: { namespace?: string; name?: string }[];
}

const KINDS: Record<Who['kind'], string> = {
  admin: 'The administrator: you may do everything.',
  local: 'This server asks nobody who they are: you may do everything.',
  person: 'Your identity provider says who you are; what it says leads to the roles below.',
  kubernetes: 'A user of the Kubernetes API: its rules say what you may do.',
  anonymous: 'Nobody in particular.',
};

/** Who one is, how long, and what one may do. */
export function UserPage(): React.ReactNode {
  const token = useToken();
  const who = useResource<Who>('access/whoami');
  const { exp } = token === undefined ? {} : claimsOfToken(token);
  return (
    <div className="app">
      <AppBar />
      <main className="page narrow">
        <div className="page-head">
          <h1>You</h1>
        </div>
        <Loaded resource={who}>
          {({ kind, actor, claims, accounts, groups }) => (
            <>
              <section className="box user-box" aria-label="Who you are">
                <h2>{actor}</h2>
                <p>{KINDS[kind]}</p>
                {exp === undefined ? null : <p className="muted">Signed in until {new Date(exp * 1000).toLocaleString()}.</p>}
                {accounts.length === 0 && groups === undefined ? null : (
                  <>
                    <h3>Roles</h3>
                    <ul className="list" aria-label="Roles">
                      {accounts.map(({ namespace, name }) => (
                        <li key={`${namespace} ${name}`}>
                          <strong>{name}</strong>
                          <span className="muted">in {namespace}</span>
                        </li>
                      ))}
                      {(groups ?? []).map((group) => (
                        <li key={group} className="mono">
                          {group}
                        </li>
                      ))}
                    </ul>
                    {kind === 'person' && accounts.length === 0 ? (
                      <p className="muted">None yet. Somebody who manages roles can give you one by a claim below.</p>
                    ) : null}
                  </>
                )}
                {claims === undefined ? null : (
                  <>
                    <h3>What your identity provider says</h3>
                    <table className="data">
                      <tbody>
                        {Object.entries(claims).map(([name, value]) => (
                          <tr key={name}>
                            <th scope="row">{name}</th>
                            <td className="mono">
                              {Array.isArray(value)
                                ? value.join(', ')
                                : typeof value === 'object'
                                  ? JSON.stringify(value)
                                  : String(value)}
                            </td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </>
                )}
              </section>
              <MayI />
              {token === undefined ? null : (
                <section className="box user-box" aria-label="Tokens">
                  <h2>Tokens</h2>
                  <p className="muted">
                    The token of this session, for the REST API. It ends with the session. Programs get tokens of their own, in
                    the settings of a project or <Link to="/settings/tokens">of the system</Link>.
                  </p>
                  <CopyField value={token} label="Token of this session" hidden />
                </section>
              )}
            </>
          )}
        </Loaded>
      </main>
    </div>
  );
}

interface Explained {
  allowed: boolean;
  reason: string;
  subjects?: {
    subject: string;
    rules: {
      role: { name: string };
      allows: boolean;
      rule: { verbs: string[]; resources?: string[]; resourceNames?: string[] };
    }[];
  }[];
}

const VERBS = ['promote', 'get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const RESOURCES = [
  'stages',
  'promotions',
  'freights',
  'warehouses',
  'projects',
  'projectconfigs',
  'clusterconfigs',
  'secrets',
  'configmaps',
  'analysistemplates',
  'promotiontasks',
  'roles',
  'auditlogs',
];

/** Asks whether one may do something, and which rule says so. */
function MayI(): React.ReactNode {
  const { api } = useServices();
  const projects = useResource<{ items: { metadata: { name?: string } }[] }>('projects');
  const [verb, setVerb] = useState('promote');
  const [resource, setResource] = useState('stages');
  const [project, setProject] = useState('');
  const [name, setName] = useState('');
  const [answer, setAnswer] = useState<Explained>();
  const [error, setError] = useState<string>();
  const names = (projects.value?.items ?? []).flatMap(({ metadata }) => metadata.name ?? []);
  const ask = (event: React.FormEvent): void => {
    event.preventDefault();
    const query = new URLSearchParams({
      verb,
      resource,
      ...(project === '' ? {} : { project }),
      ...(name === '' ? {} : { name }),
    });
    setError(undefined);
    api.call<Explained>('GET', `access/explain?${query}`).then(setAnswer, (cause: unknown) => {
      setAnswer(undefined);
      setError(cause instanceof Error ? cause.message : String(cause));
    });
  };
  const select = (label: string, value: string, set: (value: string) => void, options: readonly string[]): React.ReactNode => (
    <Field label={label}>
      {(control) => (
        <select {...control} value={value} onChange={({ target }) => set(target.value)}>
          {options.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <section className="box user-box" aria-label="What may I">
      <h2>What may I?</h2>
      <form className="columns" onSubmit={ask}>
        {select('May I', verb, setVerb, VERBS)}
        {select('Resource', resource, setResource, RESOURCES)}
        <Field label="Project">
          {(control) => (
            <>
              <input
                {...control}
                list="may-projects"
                placeholder="everywhere"
                value={project}
                autoComplete="off"
                spellCheck={false}
                onChange={({ target }) => setProject(target.value)}
              />
              <datalist id="may-projects">
                {names.map((each) => (
                  <option key={each} value={each} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Field label="Name">
          {(control) => (
            <input
              {...control}
              placeholder="any"
              value={name}
              autoComplete="off"
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        <div className="field at-end">
          <button type="submit" className="btn">
            Ask
          </button>
        </div>
      </form>
      {error === undefined ? null : (
        <p role="alert" className="notice-bar bad">
          {error}
        </p>
      )}
      {answer === undefined ? null : (
        <div role="status" className={`notice-bar ${answer.allowed ? 'ok' : 'wait'}`}>
          <StatusShape look={answer.allowed ? { shape: 'check', tone: 'ok' } : { shape: 'failed', tone: 'bad' }} />
          <span>
            <strong>{answer.allowed ? 'Yes.' : 'No.'}</strong> {answer.reason}
          </span>
          {(answer.subjects ?? []).flatMap(({ subject, rules }) =>
            rules.slice(0, 5).map((each) => (
              <span key={`${subject} ${JSON.stringify(each)}`} className="small-text rule">
                {each.role.name}: {each.rule.verbs.join(', ')} {each.rule.resources?.join(', ')}{' '}
                {each.rule.resourceNames?.join(', ')} {each.allows ? '' : '(not enough)'}
              </span>
            )),
          )}
        </div>
      )}
    </section>
  );
}
