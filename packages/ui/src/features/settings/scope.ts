import { useParams } from 'react-router';

/** Whose settings they are: of a project, shared by all projects, or of the system. */
export interface Scope {
  kind: 'project' | 'shared' | 'system';
  /** Route of the API. */
  api: string;
  /** Address of the screens. */
  base: string;
  project: string | undefined;
}

export function useScope(kind: Scope['kind']): Scope {
  const { project } = useParams();
  if (kind !== 'project') return { kind, api: kind, base: '/settings', project: undefined };
  return { kind, api: `projects/${encodeURIComponent(project ?? '')}`, base: `/project/${project ?? ''}/settings`, project };
}
