import { useParams, useSearchParams } from 'react-router';
import { useProject } from '../../services.ts';
import { AppBar } from '../shell/app-bar.tsx';
import { Screen } from '../shell/screen.tsx';
import { CreatePage } from './create-page.tsx';
import { EditPage } from './edit-page.tsx';
import { ProjectForm } from './project-form.tsx';
import { StageForm } from './stage-form.tsx';
import { newProject, newStage, newWarehouse } from './templates.ts';
import { useNames } from './use-names.ts';
import { WarehouseForm } from './warehouse-form.tsx';

function nameIn(object: unknown): string {
  return String((object as { metadata?: { name?: unknown } } | undefined)?.metadata?.name ?? '');
}

/** The frame of editor pages within a project. */
function ProjectPage({
  project,
  title,
  children,
}: {
  project: string;
  title: string;
  children: React.ReactNode;
}): React.ReactNode {
  const data = useProject(project);
  return (
    <Screen project={project} title={title} data={data}>
      <main className="editor-page">{children}</main>
    </Screen>
  );
}

/** Makes a Stage. The address may say what it takes: `?warehouse=` and `?after=`. */
export function CreateStage(): React.ReactNode {
  const { project = '' } = useParams();
  const [query] = useSearchParams();
  const data = useProject(project);
  const names = useNames(project);
  return (
    <ProjectPage project={project} title="New stage">
      {data.loaded ? (
        <CreatePage
          key={project}
          title="New stage"
          action="Create stage"
          file="stage.yaml"
          draft={`${project}/create-stage`}
          initial={newStage(project, query.get('warehouse') ?? names.warehouses?.[0] ?? '', query.get('after') ?? undefined)}
          names={names}
          adviceFrom={project}
          form={(manifest) => <StageForm manifest={manifest} names={names} isNew />}
          done={(stage) => `/project/${project}/stage/${nameIn(stage)}`}
          cancel={`/project/${project}`}
        />
      ) : null}
    </ProjectPage>
  );
}

export function CreateWarehouse(): React.ReactNode {
  const { project = '' } = useParams();
  return (
    <ProjectPage project={project} title="New warehouse">
      <CreatePage
        key={project}
        title="New warehouse"
        action="Create warehouse"
        file="warehouse.yaml"
        draft={`${project}/create-warehouse`}
        initial={newWarehouse(project)}
        form={(manifest) => <WarehouseForm manifest={manifest} isNew />}
        done={() => `/project/${project}`}
        cancel={`/project/${project}`}
      />
    </ProjectPage>
  );
}

export function CreateProject(): React.ReactNode {
  return (
    <div className="app">
      <AppBar />
      <main className="editor-page">
        <CreatePage
          title="New project"
          action="Create project"
          file="project.yaml"
          draft="create-project"
          initial={newProject()}
          form={(manifest) => <ProjectForm manifest={manifest} isNew />}
          done={(object) => `/project/${nameIn(object)}`}
          cancel="/"
        />
      </main>
    </div>
  );
}

export function EditStage(): React.ReactNode {
  const { project = '', stage = '' } = useParams();
  const names = useNames(project);
  return (
    <ProjectPage project={project} title={stage}>
      <EditPage
        title={`Stage ${stage}`}
        file={`${stage}.yaml`}
        draft={`${project}/stage/${stage}`}
        route={`projects/${encodeURIComponent(project)}/stages/${encodeURIComponent(stage)}`}
        names={names}
        adviceFrom={project}
        form={(manifest) => <StageForm manifest={manifest} names={names} isNew={false} />}
        back={`/project/${project}/stage/${stage}`}
      />
    </ProjectPage>
  );
}

export function EditWarehouse(): React.ReactNode {
  const { project = '', warehouse = '' } = useParams();
  return (
    <ProjectPage project={project} title={warehouse}>
      <EditPage
        title={`Warehouse ${warehouse}`}
        file={`${warehouse}.yaml`}
        draft={`${project}/warehouse/${warehouse}`}
        route={`projects/${encodeURIComponent(project)}/warehouses/${encodeURIComponent(warehouse)}`}
        form={(manifest) => <WarehouseForm manifest={manifest} isNew={false} />}
        back={`/project/${project}/warehouse/${warehouse}`}
      />
    </ProjectPage>
  );
}
