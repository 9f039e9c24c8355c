import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useServices } from '../../services.ts';
import { AnalysisForm } from '../editor/analysis-form.tsx';
import { CreatePage } from '../editor/create-page.tsx';
import { EditPage } from '../editor/edit-page.tsx';
import { GenericForm } from '../editor/generic-form.tsx';
import { PolicyForm } from '../editor/policy-form.tsx';
import { ProjectForm } from '../editor/project-form.tsx';
import { namedObject, newObject } from '../editor/templates.ts';
import { useNames } from '../editor/use-names.ts';
import { LISTED, type ListedKind } from './manifests-list.tsx';
import { useScope } from './scope.ts';

const V1 = 'kargo.akuity.io/v1alpha1';

/** One object of a kind, or a new one. */
export function ListedPage({ kind }: { kind: ListedKind }): React.ReactNode {
  const { project, name = '' } = useParams();
  const { apiVersion, one, route, path, isShared, spec } = LISTED[kind];
  const scope = useScope(isShared ? 'shared' : 'project');
  const base = `${scope.base}/${path}`;
  const Form = kind === 'AnalysisTemplate' || kind === 'ClusterAnalysisTemplate' ? AnalysisForm : GenericForm;
  if (name === '')
    return (
      <CreatePage
        key={kind}
        title={`New ${one}`}
        action={`Create ${one}`}
        file={`${one.replace(' ', '-')}.yaml`}
        draft={`${project ?? ''}/new-${path}`}
        adviceFrom={project}
        initial={newObject(apiVersion, kind, isShared ? undefined : project, spec)}
        form={(manifest) => <Form manifest={manifest} isNew />}
        done={() => base}
        cancel={base}
      />
    );
  return (
    <EditPage
      key={name}
      title={`${one.charAt(0).toUpperCase()}${one.slice(1)} ${name}`}
      file={`${name}.yaml`}
      draft={`${project ?? ''}/${path}/${name}`}
      adviceFrom={project}
      route={`${scope.api}/${route}/${encodeURIComponent(name)}`}
      form={(manifest) => <Form manifest={manifest} isNew={false} />}
      back={base}
    />
  );
}

/** The configuration of a project: promotion policies first, then all the rest. */
export function ProjectConfigPage(): React.ReactNode {
  const { project = '' } = useParams();
  const names = useNames(project);
  return (
    <EditPage
      key={project}
      title="Policies"
      about="The first policy that matches a stage decides whether new freight is promoted to it without being asked."
      file="project-config.yaml"
      draft={`${project}/project-config`}
      route={`projects/${encodeURIComponent(project)}/config`}
      missing={namedObject(V1, 'ProjectConfig', project, project, {})}
      names={names}
      form={(manifest) => <PolicyForm manifest={manifest} stages={names.stages ?? []} />}
    />
  );
}

export function ClusterConfigPage(): React.ReactNode {
  return (
    <EditPage
      title="Cluster config"
      about="What holds for all projects."
      file="cluster-config.yaml"
      draft="cluster-config"
      route="system/cluster-config"
      missing={namedObject(V1, 'ClusterConfig', 'cluster', undefined, {})}
      form={(manifest) => <GenericForm manifest={manifest} isNew={false} fixedName />}
    />
  );
}

/** The project itself, and its end. */
export function GeneralPage(): React.ReactNode {
  const { project = '' } = useParams();
  const { api } = useServices();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  return (
    <>
      <EditPage
        key={project}
        title="General"
        about="The project itself. Its name is also that of its namespace."
        file="project.yaml"
        draft={`${project}/project`}
        route={`projects/${encodeURIComponent(project)}`}
        form={(manifest) => <ProjectForm manifest={manifest} isNew={false} />}
      />
      <section className="box danger-zone" aria-label="Delete this project">
        <h2>Delete this project</h2>
        <p>
          Everything in it goes with it: warehouses, stages, freight, credentials, and the history. What is deployed stays
          deployed.
        </p>
        <TextField label={`Type ${project} to delete it`} value={typed} set={setTyped} />
        <div>
          <ActionButton
            kind="danger"
            disabled={typed !== project}
            run={async () => {
              await api.call('DELETE', `projects/${encodeURIComponent(project)}`);
              await navigate('/');
            }}
          >
            Delete project
          </ActionButton>
        </div>
      </section>
    </>
  );
}
