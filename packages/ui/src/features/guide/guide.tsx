import { useEffect, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { TextField } from '../../components/text-field.tsx';
import { dropDrafts } from '../../data/drafts.ts';
import { loadSchemas, type Schemas } from '../../schemas/schemas.ts';
import { useServices } from '../../services.ts';
import { PolicyForm } from '../editor/policy-form.tsx';
import { ProjectForm } from '../editor/project-form.tsx';
import { StageForm } from '../editor/stage-form.tsx';
import { newStage, newWarehouse } from '../editor/templates.ts';
import { WarehouseForm } from '../editor/warehouse-form.tsx';
import { editYaml } from '../../manifest/edit.ts';
import { AppBar } from '../shell/app-bar.tsx';
import { tasksOf, type Task } from './create-all.ts';
import {
  dropGuide,
  emptyGuide,
  keepGuide,
  missingIn,
  nameIn,
  readGuide,
  STEPS,
  type Credential,
  type GuideState,
  type Step,
} from './guide-state.ts';
import { PieceEditor, Pieces } from './pieces.tsx';

const ABOUT: Readonly<Record<Step, string>> = {
  Project: 'A project holds one pipeline, and who may do what with it.',
  Credentials:
    'What the project signs in with. Public repositories need none. Passwords are not kept until you create the project.',
  Warehouses: 'A warehouse looks at repositories and makes freight of what is new there.',
  Stages: 'A stage takes freight: from a warehouse, or once it was verified in the stages before it.',
  Policies: 'Whether new freight is promoted to a stage by itself, or waits for a person.',
  Review: 'What will be made, in this order.',
};

/** Makes a project with everything in it, step by step. What is typed is kept in the browser, but for secrets. */
export function Guide(): React.ReactNode {
  const [query, setQuery] = useSearchParams();
  const [state, setState] = useState<GuideState>(() => readGuide(localStorage) ?? emptyGuide());
  const [schemas, setSchemas] = useState<Schemas>();
  useEffect(() => {
    void loadSchemas().then(setSchemas);
  }, []);
  const step = STEPS.find((each) => each.toLowerCase() === query.get('step')) ?? 'Project';
  const at = STEPS.indexOf(step);
  const set = (change: Partial<GuideState>): void =>
    setState((before) => {
      const next = { ...before, ...change };
      keepGuide(localStorage, next);
      return next;
    });
  const go = (to: Step | undefined): void => setQuery(to === undefined ? {} : { step: to.toLowerCase() });
  const missing = missingIn(step, state, schemas);
  const isLocked = (each: Step): boolean => each === 'Policies' && state.stages.length === 0;
  const next = STEPS.slice(at + 1).find((each) => !isLocked(each));
  return (
    <div className="app">
      <AppBar />
      <div className="guide">
        <nav aria-label="Steps">
          <ol>
            {STEPS.map((each, index) => (
              <li key={each}>
                <button
                  type="button"
                  aria-current={each === step ? 'step' : undefined}
                  disabled={isLocked(each)}
                  title={isLocked(each) ? 'Policies are about stages: add one first' : undefined}
                  onClick={() => go(each)}
                >
                  <StatusShape
                    look={
                      index < at && missingIn(each, state, schemas) === undefined
                        ? { shape: 'check', tone: 'ok' }
                        : { shape: 'pending', tone: 'idle' }
                    }
                  />
                  {each}
                </button>
              </li>
            ))}
          </ol>
        </nav>
        <main className="editor-page">
          <div className="page-head">
            <div>
              <h1>{step === 'Project' ? 'New project' : step}</h1>
              <p className="muted small-text">{ABOUT[step]}</p>
            </div>
            <span className="grow" />
            {at > 0 ? null : (
              <Link className="btn ghost" to="/create-project/quick">
                Only the project
              </Link>
            )}
            {at === 0 ? null : (
              <button type="button" className="btn ghost" onClick={() => go(STEPS[at - 1])}>
                Back
              </button>
            )}
            {next === undefined ? null : (
              <>
                {missing === undefined ? null : (
                  <span id="missing" className="small-text wait">
                    {missing}
                  </span>
                )}
                <button
                  type="button"
                  className="btn primary"
                  disabled={missing !== undefined}
                  aria-describedby={missing === undefined ? undefined : 'missing'}
                  onClick={() => go(next)}
                >
                  Continue
                </button>
              </>
            )}
          </div>
          <StepBody key={step} step={step} state={state} set={set} missing={missing} />
        </main>
      </div>
    </div>
  );
}

function StepBody({
  step,
  state,
  set,
  missing,
}: {
  step: Step;
  state: GuideState;
  set: (change: Partial<GuideState>) => void;
  missing: string | undefined;
}): React.ReactNode {
  const project = nameIn(state.project);
  const names = {
    warehouses: state.warehouses.map(({ text }) => nameIn(text)).filter((name) => name !== ''),
    stages: state.stages.map(({ text }) => nameIn(text)).filter((name) => name !== ''),
  };
  switch (step) {
    case 'Project':
      return (
        <PieceEditor
          piece={{ id: 'project', text: state.project }}
          set={(text) => set({ project: text })}
          form={(manifest) => <ProjectForm manifest={manifest} isNew />}
        />
      );
    case 'Credentials':
      return <CredentialsStep credentials={state.credentials} set={(credentials) => set({ credentials })} />;
    case 'Warehouses':
      return (
        <Pieces
          one="warehouse"
          about="None yet. Without a warehouse there is no freight; one can be added later as well."
          pieces={state.warehouses}
          set={(warehouses) => set({ warehouses })}
          fresh={() => editYaml(newWarehouse(project), ['metadata', 'namespace'], undefined)}
          form={(manifest) => <WarehouseForm manifest={manifest} isNew />}
        />
      );
    case 'Stages':
      return (
        <Pieces
          one="stage"
          about="None yet. Stages can be added later as well."
          pieces={state.stages}
          set={(stages) => set({ stages })}
          fresh={() =>
            editYaml(newStage(project, names.warehouses[0] ?? '', names.stages.at(-1)), ['metadata', 'namespace'], undefined)
          }
          names={names}
          form={(manifest) => <StageForm manifest={manifest} names={names} isNew />}
        />
      );
    case 'Policies': {
      const text = [['name'], ['namespace']].reduce(
        (before, [key = '']) => editYaml(before, ['metadata', key], project),
        state.config,
      );
      return (
        <PieceEditor
          piece={{ id: 'config', text }}
          set={(config) => set({ config })}
          names={names}
          form={(manifest) => <PolicyForm manifest={manifest} stages={names.stages} />}
        />
      );
    }
    case 'Review':
      return <Review state={state} missing={missing} made={(name) => set({ made: name })} />;
  }
}

function CredentialsStep({
  credentials,
  set,
}: {
  credentials: readonly Credential[];
  set: (credentials: readonly Credential[]) => void;
}): React.ReactNode {
  const change = (id: string, next: Partial<Credential>): void =>
    set(credentials.map((each) => (each.id === id ? { ...each, ...next } : each)));
  const add = (): void =>
    set([
      ...credentials,
      {
        id: String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0),
        name: '',
        type: 'git',
        repoUrl: '',
        username: '',
        password: '',
      },
    ]);
  const field = (each: Credential, key: 'name' | 'repoUrl' | 'username' | 'password', label: string): React.ReactNode => (
    <TextField
      label={label}
      value={each[key]}
      set={(value) => change(each.id, { [key]: value })}
      required
      secret={key === 'password'}
    />
  );
  return (
    <div className="guide-credentials">
      {credentials.map((each, index) => (
        <div key={each.id} className="box fields-box" role="group" aria-label={`Credentials ${index + 1}`}>
          <div className="columns">
            {field(each, 'name', 'Name')}
            <Field label="For">
              {(control) => (
                <select
                  {...control}
                  value={each.type}
                  onChange={({ target }) => change(each.id, { type: target.value as Credential['type'] })}
                >
                  <option value="git">Git</option>
                  <option value="image">Image registry</option>
                  <option value="helm">Helm charts</option>
                </select>
              )}
            </Field>
          </div>
          {field(each, 'repoUrl', 'Repository')}
          <div className="columns">
            {field(each, 'username', 'User name')}
            {field(each, 'password', 'Password or token')}
          </div>
          <button type="button" className="link-button" onClick={() => set(credentials.filter(({ id }) => id !== each.id))}>
            Leave out
          </button>
        </div>
      ))}
      {credentials.length === 0 ? (
        <p className="empty">None. Clusters can also sign in with the identity of the machine they run on.</p>
      ) : null}
      <div>
        <button type="button" className="btn" onClick={add}>
          <Icon name="plus" /> Add credentials
        </button>
      </div>
    </div>
  );
}

/** Makes everything, one after the other; what failed can be tried again without making anything twice. */
function Review({
  state,
  missing,
  made,
}: {
  state: GuideState;
  missing: string | undefined;
  made: (project: string) => void;
}): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const [tasks] = useState<readonly Task[]>(() => tasksOf(state, api, made));
  const [done, setDone] = useState(0);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<string>();
  const run = async (): Promise<void> => {
    setRunning(true);
    setError(undefined);
    for (let index = done; index < tasks.length; index++) {
      try {
        await tasks[index]?.run();
        setDone(index + 1);
      } catch (cause) {
        setError(cause instanceof Error ? cause.message : String(cause));
        setRunning(false);
        return;
      }
    }
    dropGuide(localStorage);
    dropDrafts(localStorage, 'guide/');
    await navigate(`/project/${nameIn(state.project)}`);
  };
  return (
    <section className="box user-box" aria-label="What will be made">
      <ol className="list" aria-label="What will be made">
        {tasks.map(({ label }, index) => (
          <li key={label}>
            <StatusShape
              look={
                index < done
                  ? { shape: 'check', tone: 'ok' }
                  : index === done && error !== undefined
                    ? { shape: 'failed', tone: 'bad' }
                    : index === done && running
                      ? { shape: 'promoting', tone: 'run' }
                      : { shape: 'pending', tone: 'idle' }
              }
            />
            <span>
              {label}
              {index === done && error !== undefined ? (
                <span className="subject bad" role="alert">
                  {error}
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ol>
      {missing === undefined ? null : <p className="notice-bar wait">{missing}</p>}
      <div>
        <button
          type="button"
          className="btn primary"
          disabled={running || missing !== undefined}
          aria-busy={running}
          onClick={() => void run()}
        >
          {error === undefined ? 'Create' : 'Try again'}
        </button>
      </div>
    </section>
  );
}
