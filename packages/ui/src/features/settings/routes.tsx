import { lazy } from 'react';
import { Navigate, Route } from 'react-router';
import type { ListedKind } from './manifests-list.tsx';

const screens = () => import('./screens.ts');
const manifests = () => import('./manifest-pages.tsx');

const ProjectSettings = lazy(async () => ({ default: (await screens()).ProjectSettings }));
const ClusterSettings = lazy(async () => ({ default: (await screens()).ClusterSettings }));
const Credentials = lazy(async () => ({ default: (await screens()).Credentials }));
const CredentialPage = lazy(async () => ({ default: (await screens()).CredentialPage }));
const ConfigMaps = lazy(async () => ({ default: (await screens()).ConfigMaps }));
const ConfigMapPage = lazy(async () => ({ default: (await screens()).ConfigMapPage }));
const Roles = lazy(async () => ({ default: (await screens()).Roles }));
const RolePage = lazy(async () => ({ default: (await screens()).RolePage }));
const Tokens = lazy(async () => ({ default: (await screens()).Tokens }));
const Receivers = lazy(async () => ({ default: (await screens()).Receivers }));
const ReceiverForm = lazy(async () => ({ default: (await screens()).ReceiverForm }));
const AuditTrail = lazy(async () => ({ default: (await screens()).AuditTrail }));
const ManifestsList = lazy(async () => ({ default: (await screens()).ManifestsList }));
const GeneralPage = lazy(async () => ({ default: (await manifests()).GeneralPage }));
const ProjectConfigPage = lazy(async () => ({ default: (await manifests()).ProjectConfigPage }));
const ClusterConfigPage = lazy(async () => ({ default: (await manifests()).ClusterConfigPage }));
const ListedPage = lazy(async () => ({ default: (await manifests()).ListedPage }));

function listed(path: string, kind: ListedKind): React.ReactNode {
  return (
    <Route path={path}>
      <Route index element={<ManifestsList kind={kind} />} />
      <Route path="new" element={<ListedPage key={kind} kind={kind} />} />
      <Route path=":name" element={<ListedPage key={kind} kind={kind} />} />
    </Route>
  );
}

function credentials(path: string, scope: 'project' | 'shared' | 'system'): React.ReactNode {
  return (
    <Route path={path}>
      <Route index element={<Credentials key={scope} scope={scope} />} />
      <Route path="new" element={<CredentialPage key={scope} scope={scope} />} />
      <Route path=":flavour/:name" element={<CredentialPage key={scope} scope={scope} />} />
    </Route>
  );
}

function configMaps(path: string, scope: 'project' | 'shared' | 'system'): React.ReactNode {
  return (
    <Route path={path}>
      <Route index element={<ConfigMaps key={scope} scope={scope} />} />
      <Route path="new" element={<ConfigMapPage key={scope} scope={scope} />} />
      <Route path=":name" element={<ConfigMapPage key={scope} scope={scope} />} />
    </Route>
  );
}

function access(scope: 'project' | 'system'): React.ReactNode {
  return (
    <>
      <Route path="access">
        <Route index element={<Roles key={scope} scope={scope} />} />
        <Route path="new" element={<RolePage key={scope} scope={scope} />} />
        <Route path=":name" element={<RolePage key={scope} scope={scope} />} />
      </Route>
      <Route path="tokens" element={<Tokens key={scope} scope={scope} />} />
      <Route path="receivers">
        <Route index element={<Receivers key={scope} scope={scope} />} />
        <Route path="new" element={<ReceiverForm key={scope} scope={scope} />} />
      </Route>
      <Route path="audit" element={<AuditTrail key={scope} scope={scope} />} />
    </>
  );
}

/** Routes of the settings of projects, and of those of everything. */
export const settingsRoutes: React.ReactNode = (
  <>
    <Route
      path="/project/:project/promotion-tasks"
      element={<Navigate replace to="../settings/promotion-tasks" relative="path" />}
    />
    <Route path="/project/:project/settings" element={<ProjectSettings />}>
      <Route index element={<Navigate replace to="general" />} />
      <Route path="general" element={<GeneralPage />} />
      <Route path="project-config" element={<ProjectConfigPage />} />
      {credentials('secrets', 'project')}
      {configMaps('config-maps', 'project')}
      {listed('analysis-templates', 'AnalysisTemplate')}
      {listed('promotion-tasks', 'PromotionTask')}
      {access('project')}
    </Route>
    <Route path="/settings" element={<ClusterSettings />}>
      <Route index element={<Navigate replace to="cluster-config" />} />
      <Route path="cluster-config" element={<ClusterConfigPage />} />
      {credentials('shared-secrets', 'shared')}
      {credentials('system-secrets', 'system')}
      {configMaps('config-maps', 'shared')}
      {configMaps('system-config-maps', 'system')}
      {listed('analysis-templates', 'ClusterAnalysisTemplate')}
      {listed('cluster-promotion-tasks', 'ClusterPromotionTask')}
      {access('system')}
    </Route>
  </>
);
