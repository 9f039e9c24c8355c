import { ApiFailure, type Api } from '../../data/api.ts';
import { createManifests, upsertManifest } from '../../data/manifests.ts';
import { editYaml } from '../../manifest/edit.ts';
import { nameIn, type GuideState } from './guide-state.ts';

/** Something that is made; `run` fails with why it could not be. */
export interface Task {
  label: string;
  run: () => Promise<void>;
}

/** Milliseconds that a new project may take to be set up, and between looks. */
const READY_WITHIN = 30_000;
const LOOK_EVERY = 500;

/**
 * Everything that a guide describes, in the order in which it has to be made. Each can be done again: what is there already is brought up to
 * what the guide says, but for a project that was not made by it. `made` is told when that is there.
 */
export function tasksOf(state: GuideState, api: Api, made: (project: string) => void): Task[] {
  const project = nameIn(state.project);
  const at = `projects/${encodeURIComponent(project)}`;
  const within = (text: string): string => editYaml(text, ['metadata', 'namespace'], project);
  return [
    {
      label: `Project ${project}`,
      run: async () => {
        if (state.made === project) return upsertManifest(api, state.project);
        await createManifests(api, state.project);
        made(project);
        return undefined;
      },
    },
    { label: 'Its namespace and roles', run: () => ready(api, at, project) },
    ...(hasPolicies(state.config)
      ? [{ label: 'Policies', run: () => upsertManifest(api, editYaml(within(state.config), ['metadata', 'name'], project)) }]
      : []),
    ...state.credentials.map(({ name, type, repoUrl, username, password }) => ({
      label: `Credentials ${name}`,
      run: async () => {
        const body = JSON.stringify({ name, type, repoUrl, username, password });
        try {
          await api.call('POST', `${at}/repo-credentials`, { body });
        } catch (error) {
          if (!(error instanceof ApiFailure) || error.status !== 409) throw error;
          await api.call('PUT', `${at}/repo-credentials/${encodeURIComponent(name)}`, { body });
        }
      },
    })),
    ...state.warehouses.map(({ text }) => ({
      label: `Warehouse ${nameIn(text)}`,
      run: () => upsertManifest(api, within(text)),
    })),
    ...state.stages.map(({ text }) => ({ label: `Stage ${nameIn(text)}`, run: () => upsertManifest(api, within(text)) })),
  ];
}

function hasPolicies(text: string): boolean {
  return /^ {2}promotionPolicies:/m.test(text);
}

interface ProjectLike {
  status?: { conditions?: { type?: string; status?: string; message?: string }[] };
}

/** Waits for the project to be set up. */
async function ready(api: Api, route: string, project: string): Promise<void> {
  const end = performance.now() + READY_WITHIN;
  for (;;) {
    const { status } = await api.call<ProjectLike>('GET', route);
    const condition = status?.conditions?.find(({ type }) => type === 'Ready');
    if (condition?.status === 'True') return;
    if (performance.now() > end)
      throw new Error(`${project} was not set up within 30 s: ${condition?.message ?? 'no controller has reported'}. Try again.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
