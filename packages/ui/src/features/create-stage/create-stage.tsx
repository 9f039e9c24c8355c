import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { useProject, useServices } from '../../services.ts';
import { AppBar } from '../shell/app-bar.tsx';
import { stageYaml, type StageForm } from './stage-yaml.ts';

const EMPTY: StageForm = {
  name: '',
  warehouse: '',
  direct: true,
  upstreams: [],
  steps: '- uses: fail\n  config:\n    message: write the steps of this stage\n',
  analysisTemplate: '',
};

/** Creates a Stage from a form; the manifest beside it is what is sent, and can be edited in its own right. */
export function CreateStage(): React.ReactNode {
  const { project = '' } = useParams();
  const { api } = useServices();
  const data = useProject(project);
  const navigate = useNavigate();
  const [form, setForm] = useState<StageForm>(EMPTY);
  const [edited, setEdited] = useState<string>();
  const [problems, setProblems] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const warehouses = [...data.warehouses.keys()].toSorted();
  const filled = { ...form, warehouse: form.warehouse === '' ? (warehouses[0] ?? '') : form.warehouse };
  const yaml = edited ?? stageYaml(project, filled);
  const set = (change: Partial<StageForm>): void => {
    setEdited(undefined);
    setForm({ ...filled, ...change });
  };
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblems([]);
    api
      .create(yaml)
      .then(() => navigate(`/project/${project}`))
      .catch((cause: unknown) =>
        setProblems((cause instanceof Error ? cause.message : String(cause)).split(/(?<=[^\d]), (?=(?:spec|metadata)\.)/)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <div className="app">
      <AppBar project={project} connection={data.connection} />
      <main className="page create">
        <h1>Create Stage</h1>
        <form onSubmit={submit}>
          <fieldset disabled={edited !== undefined}>
            <label>
              Name
              <input
                required
                pattern="[a-z0-9]([a-z0-9.\-]*[a-z0-9])?"
                maxLength={253}
                value={form.name}
                onChange={(event) => set({ name: event.target.value })}
                autoFocus
              />
            </label>
            <label>
              Freight of
              <select value={filled.warehouse} onChange={(event) => set({ warehouse: event.target.value })}>
                {warehouses.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <div role="radiogroup" aria-label="Sources">
              <label className="inline">
                <input type="radio" name="source" checked={form.direct} onChange={() => set({ direct: true, upstreams: [] })} />{' '}
                straight from the warehouse
              </label>
              <label className="inline">
                <input type="radio" name="source" checked={!form.direct} onChange={() => set({ direct: false })} /> once verified
                upstream in
              </label>
            </div>
            {form.direct ? null : (
              <div className="checks">
                {[...data.stages.keys()].toSorted().map((name) => (
                  <label key={name} className="inline">
                    <input
                      type="checkbox"
                      checked={form.upstreams.includes(name)}
                      onChange={(event) =>
                        set({
                          upstreams: event.target.checked
                            ? [...form.upstreams, name]
                            : form.upstreams.filter((each) => each !== name),
                        })
                      }
                    />{' '}
                    {name}
                  </label>
                ))}
              </div>
            )}
            <label>
              Promotion steps (YAML)
              <textarea
                rows={10}
                spellCheck={false}
                value={form.steps}
                onChange={(event) => set({ steps: event.target.value })}
              />
            </label>
            <label>
              Verification: analysis template (optional)
              <input value={form.analysisTemplate} onChange={(event) => set({ analysisTemplate: event.target.value })} />
            </label>
          </fieldset>
          <div className="manifest-side">
            <label>
              Manifest
              <textarea rows={26} spellCheck={false} value={yaml} onChange={(event) => setEdited(event.target.value)} />
            </label>
            {edited === undefined ? null : (
              <button type="button" className="btn" onClick={() => setEdited(undefined)}>
                Back to the form
              </button>
            )}
          </div>
          <div className="footer">
            {problems.length === 0 ? null : (
              <ul role="alert" className="bad">
                {problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            )}
            <button type="submit" className="btn primary" disabled={busy}>
              Create
            </button>
            <button type="button" className="btn" onClick={() => void navigate(`/project/${project}`)}>
              Cancel
            </button>
          </div>
        </form>
      </main>
    </div>
  );
}
