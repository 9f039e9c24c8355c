import { useEffect } from 'react';
import { Link } from 'react-router';
import { OnlineContext } from '../../components/online.ts';
import type { Connection, ProjectData } from '../../data/project-store.ts';
import { useProjectStore } from '../../services.ts';
import { AppBar } from './app-bar.tsx';
import { useSilence, type Silence } from '../pipeline/use-silence.ts';
import { BottomBar } from './bottom-bar.tsx';
import { SilenceBanner } from './silence-banner.tsx';

interface Props {
  project: string;
  title: string;
  data: ProjectData;
  /** Controllers that do not report, where the screen knows already. */
  silent?: Silence | undefined;
  children: React.ReactNode;
}

/** A screen of a project: the bar on top, what is wrong with the connection if anything is, and the screen below. */
export function Screen({ project, title, data, silent: known, children }: Props): React.ReactNode {
  const { connection } = data;
  const asked = useSilence(data.stages).silent;
  const silent = known ?? asked;
  useEffect(() => {
    document.title = title === project ? `${project} · Kargo` : `${title} · ${project} · Kargo`;
  }, [title, project]);
  // When the session is over one signs in again over the page, which keeps what was typed.
  const isRefused = connection.kind === 'refused' && connection.status !== 401 && !data.loaded;
  return (
    <OnlineContext value={connection.kind === 'live'}>
      <div className={connection.kind === 'lost' ? 'app stale' : 'app'}>
        <AppBar project={project} connection={connection} data={data} isSilent={silent.size > 0} />
        <SilenceBanner silent={silent} />
        {isRefused ? <Refused project={project} connection={connection} /> : children}
        <BottomBar project={project} />
      </div>
    </OnlineContext>
  );
}

/** The whole project cannot be shown: why, and a way on. */
function Refused({ project, connection }: { project: string; connection: Connection & { kind: 'refused' } }): React.ReactNode {
  const store = useProjectStore(project);
  const [title, help] =
    connection.status === 404
      ? [`There is no project ${project}`, 'It may have been deleted, or the address is mistyped.']
      : connection.status === 403
        ? [
            `You may not see the project ${project}`,
            'Somebody who administers it can give you a role in its settings, under Access.',
          ]
        : [`The project ${project} could not be read`, ''];
  return (
    <main className="page empty">
      <h1>{title}</h1>
      <p>{help}</p>
      <p className="muted mono small-text">{connection.why}</p>
      <p className="actions">
        <Link className="btn primary" to="/">
          All projects
        </Link>
        <button type="button" className="btn" onClick={store.retry}>
          Try again
        </button>
      </p>
    </main>
  );
}
