/** What the guide to a new project has been told so far. Kept in the browser, without secrets. */
import { parseManifest, valueOf } from '../../manifest/parse.ts';
import { valueAt } from '../../manifest/path.ts';
import { problemsOf } from '../../manifest/problems.ts';
import type { Schemas } from '../../schemas/schemas.ts';
import { newObject, newProject } from '../editor/templates.ts';

export const STEPS = ['Project', 'Credentials', 'Warehouses', 'Stages', 'Policies', 'Review'] as const;
export type Step = (typeof STEPS)[number];

/** A manifest with an identity that stays when others come and go. */
export interface Piece {
  id: string;
  text: string;
}

export interface Credential {
  id: string;
  name: string;
  type: 'git' | 'image' | 'helm';
  repoUrl: string;
  username: string;
  /** Never kept. */
  password: string;
}

export interface GuideState {
  project: string;
  credentials: readonly Credential[];
  warehouses: readonly Piece[];
  stages: readonly Piece[];
  config: string;
  /** Name of the project, once the guide has made it: what failed after that is made anew, and the project is not. */
  made?: string | undefined;
}

const KEY = 'draft:guide';

export function emptyGuide(): GuideState {
  return {
    project: newProject(),
    credentials: [],
    warehouses: [],
    stages: [],
    config: newObject('kargo.akuity.io/v1alpha1', 'ProjectConfig', '', {}),
  };
}

export function readGuide(storage: Pick<Storage, 'getItem'>): GuideState | undefined {
  try {
    const state = JSON.parse(storage.getItem(KEY) ?? 'null') as GuideState | null;
    return typeof state?.project === 'string' && Array.isArray(state.stages) ? { ...emptyGuide(), ...state } : undefined;
  } catch {
    // Something else wrote there.
    return undefined;
  }
}

export function keepGuide(storage: Pick<Storage, 'setItem'>, state: GuideState): void {
  const credentials = state.credentials.map((each) => ({ ...each, password: '' }));
  try {
    storage.setItem(KEY, JSON.stringify({ ...state, credentials }));
  } catch {
    // No room: the guide works without being kept.
  }
}

export function dropGuide(storage: Pick<Storage, 'removeItem'>): void {
  storage.removeItem(KEY);
}

/** The name in a manifest; empty if it has none yet. */
export function nameIn(text: string): string {
  const [document] = parseManifest(text).documents;
  const name = document === undefined ? undefined : valueAt(valueOf(document), ['metadata', 'name']);
  return typeof name === 'string' ? name : '';
}

/** What still keeps a step from being done, in words; undefined if nothing does. */
export function missingIn(step: Step, state: GuideState, schemas: Schemas | undefined): string | undefined {
  const wrong = (what: string, pieces: readonly Piece[]): string | undefined => {
    for (const { text } of pieces) {
      const [problem] = problemsOf(parseManifest(text), schemas);
      if (problem !== undefined) return `${what} ${nameIn(text) || 'without a name'}: ${problem.message}`;
    }
    const names = pieces.map(({ text }) => nameIn(text));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    return twice === undefined ? undefined : `Two have the name ${twice}.`;
  };
  switch (step) {
    case 'Project':
      return nameIn(state.project) === '' ? 'The project needs a name.' : wrong('Project', [{ id: '', text: state.project }]);
    case 'Credentials': {
      const open = state.credentials.find((each) => [each.name, each.repoUrl, each.username, each.password].includes(''));
      return open === undefined
        ? undefined
        : `The credentials ${open.name || 'without a name'} need a name, a repository, a user name and a password.`;
    }
    case 'Warehouses':
      return wrong('Warehouse', state.warehouses);
    case 'Stages':
      return wrong('Stage', state.stages);
    case 'Policies':
      return wrong('Policies', nameIn(state.config) === '' ? [] : [{ id: '', text: state.config }]);
    case 'Review':
      return STEPS.slice(0, -1)
        .map((each) => missingIn(each, state, schemas))
        .find((reason) => reason !== undefined);
  }
}
