import { useEffect, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Connection } from '../../data/project-store.ts';
import { useServices } from '../../services.ts';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'theme';

function apply(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

/** The one bar on top: where one is, whether what one sees is live, theme, sign out. */
export function AppBar({
  project,
  connection,
}: {
  project?: string | undefined;
  connection?: Connection | undefined;
}): React.ReactNode {
  const { session } = useServices();
  const navigate = useNavigate();
  const [theme, setTheme] = useState<Theme>(() => THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'system');
  useEffect(() => {
    apply(theme);
    localStorage.setItem(KEY, theme);
  }, [theme]);
  return (
    <header className="app-bar">
      <Link to="/" className="brand">
        Kargo
      </Link>
      {project === undefined ? null : (
        <>
          <span className="separator">/</span>
          <Link to={`/project/${project}`} className="project-name">
            {project}
          </Link>
        </>
      )}
      <span className="grow" />
      {connection === undefined ? null : <ConnectionWord connection={connection} />}
      <select aria-label="Theme" value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button
        type="button"
        className="btn ghost"
        onClick={() => {
          session.signOut();
          void navigate('/login');
        }}
      >
        Sign out
      </button>
    </header>
  );
}

function ConnectionWord({ connection }: { connection: Connection }): React.ReactNode {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (connection.kind !== 'lost') return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [connection.kind]);
  if (connection.kind === 'live') return <span className="connection ok">Live</span>;
  if (connection.kind === 'connecting') return <span className="connection idle">Connecting</span>;
  const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
  return (
    <span className="connection bad" title={connection.why} role="status">
      Reconnecting in {seconds} s, data from {new Date(connection.since).toLocaleTimeString()}
    </span>
  );
}
