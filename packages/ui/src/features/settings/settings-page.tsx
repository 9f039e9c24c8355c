import { Suspense } from 'react';
import { NavLink, Outlet, useLocation, useNavigate, useParams } from 'react-router';
import { useProject } from '../../services.ts';
import { CLUSTER_SETTINGS, PROJECT_SETTINGS, type SettingsPlace } from './places.ts';
import { AppBar } from '../shell/app-bar.tsx';
import { Screen } from '../shell/screen.tsx';

function Places({ base, places, label }: { base: string; places: readonly SettingsPlace[]; label: string }): React.ReactNode {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const current = pathname.slice(base.length + 1).split('/')[0] ?? '';
  return (
    <div className="settings">
      <nav aria-label={label}>
        <h2>{label}</h2>
        <ul>
          {places.map(({ path, label: name }) => (
            <li key={path}>
              <NavLink to={`${base}/${path}`}>{name}</NavLink>
            </li>
          ))}
        </ul>
        <select aria-label={label} value={current} onChange={({ target }) => void navigate(`${base}/${target.value}`)}>
          {places.map(({ path, label: name }) => (
            <option key={path} value={path}>
              {name}
            </option>
          ))}
        </select>
      </nav>
      <main>
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}

/** The settings of a project: their parts beside the one that is looked at. */
export function ProjectSettings(): React.ReactNode {
  const { project = '' } = useParams();
  const data = useProject(project);
  return (
    <Screen project={project} title="Settings" data={data}>
      <Places base={`/project/${project}/settings`} places={PROJECT_SETTINGS} label="Project settings" />
    </Screen>
  );
}

/** The settings of everything. */
export function ClusterSettings(): React.ReactNode {
  return (
    <div className="app">
      <AppBar />
      <Places base="/settings" places={CLUSTER_SETTINGS} label="Cluster settings" />
    </div>
  );
}
