import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { FreightPanel } from './features/freight-panel/freight-panel.tsx';
import { Login } from './features/login/login.tsx';
import { SessionOver } from './features/login/session-over.tsx';
import { useRenewal } from './features/login/use-renewal.ts';
import { Pipeline } from './features/pipeline/pipeline.tsx';
import { PromoteDialog } from './features/promote/promote-dialog.tsx';
import { PromotionView } from './features/promotion/promotion-view.tsx';
import { Projects } from './features/projects/projects.tsx';
import { StagePanel } from './features/stage-panel/stage-panel.tsx';
import { VerificationView } from './features/verification/verification-view.tsx';
import { ErrorBoundary } from './features/shell/error-boundary.tsx';
import { Toasts } from './components/toast.tsx';
import { PickFreight } from './features/promote/pick-freight.tsx';
import { WarehousePanel } from './features/warehouse-panel/warehouse-panel.tsx';
import { settingsRoutes } from './features/settings/routes.tsx';
import { Nowhere, NotStarted, Starting } from './features/shell/first-screens.tsx';
import { ServerConfigContext, useLoaded, useServices, useToken } from './services.ts';

const PromotionsPage = lazy(() => import('./features/runs/promotions-page.tsx'));
const VerificationsPage = lazy(() => import('./features/runs/verifications-page.tsx'));
const NONE = { argocdShards: {} };

/** Screens that are not looked at all day are fetched when they are first needed. */
const Events = lazy(async () => ({ default: (await import('./features/events/events.tsx')).Events }));
const UserPage = lazy(async () => ({ default: (await import('./features/user/user-page.tsx')).UserPage }));
const Downloads = lazy(async () => ({ default: (await import('./features/downloads/downloads.tsx')).Downloads }));
const Guide = lazy(async () => ({ default: (await import('./features/guide/guide.tsx')).Guide }));
const CreateProject = lazy(async () => ({ default: (await import('./features/editor/pages.tsx')).CreateProject }));
const CreateStage = lazy(async () => ({ default: (await import('./features/editor/pages.tsx')).CreateStage }));
const CreateWarehouse = lazy(async () => ({ default: (await import('./features/editor/pages.tsx')).CreateWarehouse }));
const EditStage = lazy(async () => ({ default: (await import('./features/editor/pages.tsx')).EditStage }));
const EditWarehouse = lazy(async () => ({ default: (await import('./features/editor/pages.tsx')).EditWarehouse }));

/** Routes of the UI; panels are routes too, so links to them can be shared. */
export function App(): React.ReactNode {
  const { api, session } = useServices();
  const token = useToken();
  useRenewal();
  const location = useLocation();
  const { value: config, error, reload } = useLoaded(api.publicConfig, [api]);
  const { value: server } = useLoaded(
    () => (token === undefined && config?.skipAuth !== true ? Promise.resolve(undefined) : api.serverConfig()),
    [api, token, config?.skipAuth],
  );
  if (config === undefined) return error === undefined ? <Starting /> : <NotStarted why={error.message} again={reload} />;
  const signedIn = config.skipAuth || token !== undefined;
  if (!signedIn && !session.isOver && location.pathname !== '/login') {
    return <Navigate replace to={`/login?redirectTo=${encodeURIComponent(location.pathname + location.search)}`} />;
  }
  return (
    <ServerConfigContext value={server === undefined ? NONE : { argocdShards: server.argocdShards ?? {} }}>
      <Toasts>
        <Suspense fallback={<div className="app" />}>
          <ErrorBoundary place={location.pathname}>
            <Routes>
              <Route path="/login" element={<Login config={config} />} />
              <Route path="/" element={<Projects />} />
              {settingsRoutes}
              <Route path="/project/:project/events" element={<Events />} />
              <Route path="/user" element={<UserPage />} />
              <Route path="/downloads" element={<Downloads />} />
              <Route path="/create-project" element={<Guide />} />
              <Route path="/create-project/quick" element={<CreateProject />} />
              <Route path="/token-renew" element={<Navigate replace to={`/login${location.search}`} />} />
              <Route path="/project/:project/create-stage" element={<CreateStage />} />
              <Route path="/project/:project/create-warehouse" element={<CreateWarehouse />} />
              <Route path="/project/:project/stage/:stage/edit" element={<EditStage />} />
              <Route path="/project/:project/warehouse/:warehouse/edit" element={<EditWarehouse />} />
              <Route path="/project/:project/promotions" element={<PromotionsPage />} />
              <Route path="/project/:project/verifications" element={<VerificationsPage />} />
              <Route path="/project/:project/promotion/:promotion" element={<PromotionView />} />
              <Route path="/project/:project/stage/:stage/verification/:verification" element={<VerificationView />} />
              <Route path="/project/:project" element={<Pipeline />}>
                <Route path="stage/:stage" element={<StagePanel />} />
                <Route path="warehouse/:warehouse/:tab?" element={<WarehousePanel />} />
                <Route path="promote/stage/:stage" element={<PickFreight />} />
                <Route path="freight/:freight" element={<FreightPanel />} />
                <Route path="promote/freight/:freight/stage/:stage" element={<PromoteDialog />} />
              </Route>
              <Route path="*" element={<Nowhere />} />
            </Routes>
          </ErrorBoundary>
          {session.isOver && location.pathname !== '/login' ? <SessionOver config={config} /> : null}
        </Suspense>
      </Toasts>
    </ServerConfigContext>
  );
}
