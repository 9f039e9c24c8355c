import { allKinds } from '@kargo/api';
import Fastify, { type FastifyInstance } from 'fastify';
import { adminAccount } from './auth/admin-account.ts';
import { authenticate } from './auth/authentication.ts';
import { serveDashboard } from './http/dashboard.ts';
import { HttpError, replyError } from './http/http-error.ts';
import type { RestServerConfig, RestServerOptions } from './options.ts';
import { requireProject, type Routes } from './route.ts';
import { analysisRoutes } from './routes/analysis.ts';
import { configMapRoutes } from './routes/config-maps.ts';
import { eventRoutes } from './routes/events.ts';
import { explainRoutes } from './routes/explain.ts';
import { genericCredentialRoutes } from './routes/generic-credentials.ts';
import { imageRoutes } from './routes/images.ts';
import { promotionTaskRoutes } from './routes/promotion-tasks.ts';
import { repoCredentialRoutes } from './routes/repo-credentials.ts';
import { sharedRoutes } from './routes/shared.ts';
import { projectScope, sharedScope, systemScope } from './config-data/scope.ts';
import { freightRoutes } from './routes/freight.ts';
import { loginRoutes } from './routes/login.ts';
import { projectListRoutes, projectRoutes } from './routes/projects.ts';
import { promoteRoutes } from './routes/promote.ts';
import { promotionPreviewRoutes } from './routes/promotion-preview.ts';
import { promotionRoutes } from './routes/promotions.ts';
import { resourceRoutes } from './routes/resources.ts';
import { stageRoutes } from './routes/stages.ts';
import { stageVerificationRoutes } from './routes/stage-verification.ts';
import { systemRoutes } from './routes/system.ts';
import { warehouseRoutes } from './routes/warehouses.ts';
import { createServices } from './services.ts';

const PREFIX = '/v1beta1';
/** Largest body where nothing else is said, in bytes. */
const BODY_LIMIT = 1024 * 1024;
/** Longest name in a path, percent signs included. Names of Promotions have up to 253 characters. */
const LONGEST_NAME = 1024;

function systemGroups(config: RestServerConfig): readonly Routes[] {
  const [shared, system] = [sharedScope(config), systemScope(config)];
  return [
    loginRoutes,
    systemRoutes,
    projectListRoutes,
    resourceRoutes,
    sharedRoutes,
    configMapRoutes(shared),
    configMapRoutes(system),
    genericCredentialRoutes(shared),
    genericCredentialRoutes(system),
    repoCredentialRoutes(shared),
  ];
}

/** Groups below `/projects/:project`. */
const PROJECT_GROUPS: readonly Routes[] = [
  projectRoutes,
  stageRoutes,
  stageVerificationRoutes,
  promoteRoutes,
  promotionPreviewRoutes,
  promotionRoutes,
  warehouseRoutes,
  freightRoutes,
  analysisRoutes,
  explainRoutes,
  promotionTaskRoutes,
  imageRoutes,
  eventRoutes,
  configMapRoutes(projectScope),
  genericCredentialRoutes(projectScope),
  repoCredentialRoutes(projectScope),
];

/** The REST API as a Fastify server that does not listen yet. Every answer is JSON, failures included. */
export function createRestServer(options: RestServerOptions): FastifyInstance {
  const config = configOf(options);
  const services = createServices(config);
  const admin = adminAccount(config.auth);
  const server = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_NAME },
  });

  // Bodies are read by the routes: what counts is what is in them, not what they claim to be.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.decorateRequest('identity', undefined);

  server.setErrorHandler((error, _request, reply) => replyError(reply, error, services.log));
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (path === '/healthz') return replyError(reply, new HttpError(405, 'method not allowed'), services.log);
    const isPage = request.method === 'GET' && !path.startsWith(`${PREFIX}/`) && path !== PREFIX;
    if (isPage && config.dashboard !== undefined && (await serveDashboard(config.dashboard, request, reply))) return reply;
    return replyError(reply, new HttpError(404, `there is nothing at ${request.method} ${path}`), services.log);
  });

  server.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith(`${PREFIX}/`)) return undefined;
    const { skip = false, reviewToken } = config.auth;
    request.identity = await authenticate(request, { skip, admin, reviewToken, clock: config.clock });
    const [path = '', query] = request.url.split('?', 2);
    if (!path.endsWith('/')) return undefined;
    const target = path.replace(/\/+$/, '') + (query === undefined ? '' : `?${query}`);
    return reply.redirect(target, request.method === 'GET' ? 301 : 307);
  });
  server.addHook('onResponse', async (request, reply) => {
    const fields = {
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    if (reply.statusCode === 401 || reply.statusCode === 403) services.log.info(fields, 'refused request');
    else services.log.debug(fields, 'handled request');
  });

  server.route({ method: ['GET', 'HEAD'], url: '/healthz', handler: (_request, reply) => reply.type('text/plain').send('ok') });
  for (const routes of systemGroups(config)) register(server, PREFIX, (scope) => routes(scope, services));
  for (const routes of PROJECT_GROUPS)
    register(server, `${PREFIX}/projects/:project`, (scope) => {
      requireProject(scope, services);
      routes(scope, services);
    });
  return server;
}

function register(server: FastifyInstance, prefix: string, routes: (scope: FastifyInstance) => void): void {
  server.register(
    (scope, _options, done) => {
      routes(scope);
      done();
    },
    { prefix },
  );
}

function configOf(options: RestServerOptions): RestServerConfig {
  return {
    ...options,
    authorizer: options.authorizer,
    kinds: options.kinds ?? allKinds,
    secretManagement: options.secretManagement ?? true,
    analysis: options.analysis ?? true,
    version: options.version ?? {
      version: 'v0.0.0-dev',
      buildDate: '1970-01-01T00:00:00Z',
      gitCommit: 'unknown',
      gitTreeDirty: false,
    },
    argocdShards: options.argocdShards ?? {},
    builtInController: options.builtInController,
    dashboard: options.dashboard,
    preview: options.preview,
    defaultController: options.defaultController ?? '',
    waitsOf: options.waitsOf ?? (() => []),
    namespaces: {
      kargo: options.namespaces?.kargo ?? 'kargo',
      system: options.namespaces?.system ?? 'kargo-system-resources',
      shared: options.namespaces?.shared ?? 'kargo-shared-resources',
    },
  };
}
