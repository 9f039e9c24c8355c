import { isTerminalPromotionPhase } from '@kargo/api';
import { useEffect, useMemo, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { ActionMenu } from '../../components/action-menu.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { useSeconds } from '../../components/use-now.ts';
import type { Connection, ProjectData } from '../../data/project-store.ts';
import { useProjectStore, useServices } from '../../services.ts';
import { CommandPalette } from './command-palette.tsx';
import { claimsOf } from './identity.ts';
import { ShortcutHelp } from './shortcut-help.tsx';
import { chooseTheme, chosenTheme, THEMES, type Theme } from './theme.ts';
import { useShortcuts } from './use-shortcuts.ts';

const ICONS: Readonly<Record<Theme, IconName>> = { system: 'system', light: 'sun', dark: 'moon' };

interface Props {
  project?: string | undefined;
  connection?: Connection | undefined;
  /** Whether controllers do not report: the server is there, and yet not all is live. */
  isSilent?: boolean | undefined;
  /** What is known of the project: for the counts beside the sections. */
  data?: ProjectData | undefined;
}

/** The one bar on top: where one is and may go, search, whether what one sees is live, theme, and who one is. */
export function AppBar({ project, connection, isSilent = false, data }: Props): React.ReactNode {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useShortcuts({ project, openPalette: () => setPalette(true), openHelp: () => setHelp(true) });
  return (
    <header className="app-bar">
      <Link to="/" className="mark" aria-label="All projects">
        <Mark />
      </Link>
      <span className="separator">/</span>
      {project === undefined ? <PlaceName /> : <ProjectSwitch project={project} />}
      {project === undefined ? null : <Sections project={project} data={data} />}
      <span className="grow" />
      <button type="button" className="cmd" onClick={() => setPalette(true)} aria-keyshortcuts="Control+K">
        <Icon name="search" />
        <span className="text">Search or jump to</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      {project === undefined || connection === undefined ? null : (
        <ConnectionWord project={project} connection={connection} isSilent={isSilent} />
      )}
      <ThemeMenu />
      <UserMenu openHelp={() => setHelp(true)} />
      {palette ? <CommandPalette project={project} close={() => setPalette(false)} /> : null}
      {help ? <ShortcutHelp close={() => setHelp(false)} /> : null}
    </header>
  );
}

const PLACES: Readonly<Record<string, string>> = {
  settings: 'Cluster settings',
  user: 'You',
  downloads: 'Command line',
  'create-project': 'New project',
};

/** Where one is outside of the projects. */
function PlaceName(): React.ReactNode {
  const [, first = ''] = useLocation().pathname.split('/');
  return <strong className="project-name">{PLACES[first] ?? 'Projects'}</strong>;
}

/** Three stages on a line, each as far behind as it is. */
export function Mark(): React.ReactNode {
  return (
    <svg viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">
      <path d="M2.5 3.5h17" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      <path d="M5 4v3.5M11 4v7M17 4v11" stroke="currentColor" strokeWidth="2" opacity=".42" />
      <circle cx="5" cy="8.8" r="2.3" fill="currentColor" />
      <circle cx="11" cy="12.6" r="2.3" fill="currentColor" />
      <circle cx="17" cy="16.6" r="2.3" fill="currentColor" />
    </svg>
  );
}

function ProjectSwitch({ project }: { project: string }): React.ReactNode {
  const { api } = useServices();
  const [names, setNames] = useState<readonly string[]>([]);
  return (
    <span
      className="project-switch"
      onPointerEnter={() => {
        if (names.length > 0) return;
        api.projects().then(
          (all) => setNames(all.map(({ metadata }) => metadata.name ?? '')),
          () => undefined, // The link to all projects is there as well.
        );
      }}
    >
      <Link to={`/project/${project}`} className="project-name" title={project}>
        {project}
      </Link>
      <ActionMenu
        label="Switch project"
        className="icon-btn"
        align="start"
        entries={[
          ...names
            .slice(0, 15)
            .map(
              (name) =>
                ({ kind: 'link', label: name, to: `/project/${name}`, icon: name === project ? 'check' : 'right' }) as const,
            ),
          ...(names.length > 0 ? [{ kind: 'line' } as const] : []),
          { kind: 'link', label: 'All projects', to: '/', icon: 'list' },
        ]}
      >
        <Icon name="chevron" />
      </ActionMenu>
    </span>
  );
}

function Sections({ project, data }: { project: string; data: ProjectData | undefined }): React.ReactNode {
  const at = `/project/${project}`;
  const { pathname } = useLocation();
  const promoting = useMemo(
    () =>
      [...(data?.promotions.values() ?? [])].filter(
        ({ status }) => status?.phase !== undefined && !isTerminalPromotionPhase(status.phase),
      ).length,
    [data?.promotions],
  );
  const verifying = useMemo(
    () => [...(data?.stages.values() ?? [])].filter(({ status }) => status?.phase === 'Verifying').length,
    [data?.stages],
  );
  const rest = pathname.slice(at.length + 1).split('/')[0] ?? '';
  const isVerification = /\/verification\//.test(pathname);
  const isPipeline =
    !isVerification && ['', 'stage', 'freight', 'warehouse', 'promote', 'create-stage', 'create-warehouse'].includes(rest);
  const sections = [
    { label: 'Pipeline', to: at, current: isPipeline, count: 0 },
    { label: 'Promotions', to: `${at}/promotions`, current: rest === 'promotions' || rest === 'promotion', count: promoting },
    { label: 'Verifications', to: `${at}/verifications`, current: rest === 'verifications' || isVerification, count: verifying },
    { label: 'Events', to: `${at}/events`, current: rest === 'events', count: 0 },
    { label: 'Settings', to: `${at}/settings`, current: rest === 'settings', count: 0 },
  ];
  return (
    <nav className="sections" aria-label="Sections">
      {sections.map(({ label, to, current, count }) => (
        <Link key={label} to={to} aria-current={current ? 'page' : undefined}>
          {label}
          {count === 0 ? null : (
            <span className="count" title={`${count} running`}>
              {count}
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}

function ThemeMenu(): React.ReactNode {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  useEffect(() => {
    chooseTheme(theme);
    if (theme !== 'system') return undefined;
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => chooseTheme('system');
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [theme]);
  return (
    <ActionMenu
      label={`Theme: ${theme}`}
      className="icon-btn"
      entries={THEMES.map((each) => ({
        kind: 'choice',
        label: { system: 'As the system', light: 'Light', dark: 'Dark' }[each],
        icon: ICONS[each],
        checked: each === theme,
        run: () => setTheme(each),
      }))}
    >
      <Icon name={ICONS[theme]} />
    </ActionMenu>
  );
}

function UserMenu({ openHelp }: { openHelp: () => void }): React.ReactNode {
  const { session } = useServices();
  const navigate = useNavigate();
  const { name, initials } = claimsOf(session.token);
  return (
    <ActionMenu
      label={`You, ${initials}`}
      className="avatar"
      entries={[
        { kind: 'heading', label: name },
        { kind: 'link', label: 'Who you are here', to: '/user', icon: 'user' },
        { kind: 'link', label: 'Cluster settings', to: '/settings', icon: 'list' },
        { kind: 'link', label: 'Command line', to: '/downloads', icon: 'external' },
        { kind: 'action', label: 'Keyboard shortcuts', icon: 'help', run: openHelp },
        { kind: 'line' },
        {
          kind: 'action',
          label: 'Sign out',
          icon: 'arrow',
          run: () => {
            session.signOut();
            void navigate('/login');
          },
        },
      ]}
    >
      {initials}
    </ActionMenu>
  );
}

function ConnectionWord({
  project,
  connection,
  isSilent,
}: {
  project: string;
  connection: Connection;
  isSilent: boolean;
}): React.ReactNode {
  if (connection.kind === 'live' && isSilent)
    return (
      <span className="connection idle" title="The server answers, but not every controller reports">
        Controller silent
      </span>
    );
  if (connection.kind === 'live')
    return (
      <span className="connection live">
        <i aria-hidden="true" />
        Live
      </span>
    );
  if (connection.kind === 'connecting') return <span className="connection idle">Connecting</span>;
  if (connection.kind === 'refused')
    return (
      <span className="connection bad" title={connection.why} role="status">
        Not live
      </span>
    );
  return <Lost project={project} connection={connection} />;
}

function Lost({ project, connection }: { project: string; connection: Connection & { kind: 'lost' } }): React.ReactNode {
  const store = useProjectStore(project);
  const seconds = Math.max(0, Math.ceil((connection.retryAt - useSeconds()) / 1000));
  return (
    <span className="connection lost" title={connection.why} role="status">
      <i aria-hidden="true" />
      Reconnecting in {seconds} s, data from {new Date(connection.since).toLocaleTimeString()}
      <button type="button" className="btn small" onClick={store.retry}>
        Now
      </button>
    </span>
  );
}
