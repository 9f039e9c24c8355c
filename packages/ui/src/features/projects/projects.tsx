import { Link } from 'react-router';
import { useLoaded, useServices } from '../../services.ts';
import { AppBar } from '../shell/app-bar.tsx';

/** All projects, with how many of their stages and warehouses are healthy. */
export function Projects(): React.ReactNode {
  const { api } = useServices();
  const { value: projects, error } = useLoaded(api.projects, []);
  return (
    <div className="app">
      <AppBar />
      <main className="page">
        <h1>Projects</h1>
        {error === undefined ? null : <p className="notice bad">{error.message}</p>}
        {projects?.length === 0 ? (
          <p>
            No projects yet. Create one with <code>kargo create project NAME</code>.
          </p>
        ) : (
          <ul className="project-list">
            {(projects ?? []).map(({ metadata, status }) => {
              const { stages, warehouses } = status?.stats ?? {};
              const ready = status?.conditions?.find(({ type }) => type === 'Ready');
              return (
                <li key={metadata.name}>
                  <Link to={`/project/${metadata.name}`}>
                    <strong>{metadata.name}</strong>
                    <span className="muted">
                      {stages?.health?.healthy ?? 0} of {stages?.count ?? 0} stages, {warehouses?.health?.healthy ?? 0} of{' '}
                      {warehouses?.count ?? 0} warehouses healthy
                    </span>
                    {ready?.status === 'True' ? null : <span className="wait">{ready?.message ?? 'Being set up'}</span>}
                  </Link>
                </li>
              );
            })}
          </ul>
        )}
      </main>
    </div>
  );
}
