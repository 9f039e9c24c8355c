import manifest from '../package.json' with { type: 'json' };
import { allKinds } from '@kargo/api';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { memoryAuditTrail } from './audit/audit-trail.ts';
import { auditRequests } from './audit/audit-requests.ts';
import { adminAccount } from './auth/admin-account.ts';
import { authenticate } from './auth/authentication.ts';
import { OidcVerifier, requiredFetch } from './auth/oidc.ts';
import { projectScope, sharedScope, systemScope } from './config-data/scope.ts';
import { genericCredentials } from './config-data/generic-flavour.ts';
import { repositoryCredentials } from './config-data/repository-flavour.ts';
import { normalBasePath, withoutBasePath } from './http/base-path.ts';
import { cors } from './http/cors.ts';
import { refuseCrossSite } from './http/cross-site.ts';
import { serveDashboard } from './http/dashboard.ts';
import { HttpError, refusalOf, replyError } from './http/http-error.ts';
import { param } from './http/query.ts';
import { RateLimit } from './http/rate-limit.ts';
import { securityHeaders } from './http/security-headers.ts';
import { actorOf } from './auth/identity.ts';
import { operationOf } from './operations/table.ts';
import type { Operation } from './operations/operation.ts';
import type { RestServerConfig, RestServerOptions } from './options.ts';
import { isReceiverPath } from './receivers/receiver-path.ts';
import { receiverRoutes } from './receivers/receiver-routes.ts';
import { requireProject, type Routes } from './route.ts';
import { accessRoutes } from './routes/access.ts';
import { analysisRoutes } from './routes/analysis.ts';
import { apiTokenRoutes } from './routes/api-tokens.ts';
import { projectAuditRoutes, systemAuditRoutes } from './routes/audit.ts';
import { configMapRoutes } from './routes/config-maps.ts';
import { credentialRoutes } from './routes/credentials.ts';
import { downloadRoutes } from './routes/downloads.ts';
import { eventRoutes } from './routes/events.ts';
import { credentialsTraceRoutes } from './routes/credentials-trace.ts';
import { explainRoutes } from './routes/explain.ts';
import { freightRoutes } from './routes/freight.ts';
import { imageRoutes } from './routes/images.ts';
import { linkRoutes } from './routes/links.ts';
import { lintRoutes } from './routes/lint.ts';
import { loginRoutes } from './routes/login.ts';
import { openApiRoutes } from './routes/open-api.ts';
import { projectListRoutes, projectRoutes } from './routes/projects.ts';
import { promoteRoutes } from './routes/promote.ts';
import { promotionPreviewRoutes } from './routes/promotion-preview.ts';
import { promotionLogRoutes } from './routes/promotion-logs.ts';
import { promotionRoutes } from './routes/promotions.ts';
import { promotionTaskRoutes } from './routes/promotion-tasks.ts';
import { resourceRoutes } from './routes/resources.ts';
import { roleRoutes, systemRoleRoutes } from './routes/roles.ts';
import { clusterTemplateRoutes } from './routes/cluster-templates.ts';
import { metricsRoute } from './routes/metrics.ts';
import { ssoRoutes } from './routes/sso.ts';
import { stageRoutes } from './routes/stages.ts';
import { stageVerificationRoutes } from './routes/stage-verification.ts';
import { systemRoutes } from './routes/system.ts';
import { warehouseRoutes } from './routes/warehouses.ts';
import { clusterViewRoutes, projectViewRoutes } from './routes/views.ts';
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts';
import { createServices, type Services } from './services.ts';

const PREFIX = '/v1beta1';
/** Largest body where nothing else is said, in bytes. */
const BODY_LIMIT = 1024 * 1024;
/** Longest name in a path, percent signs included. Names of Promotions have up to 253 characters. */
const LONGEST_NAME = 1024;
/** Read with a token, as everything below the prefix. */
const METRICS = /^\/metrics(\?|$)/;
/** Attempts without a valid token that are taken of one address. */
const GUESSES = { perSecond: 20, burst: 100 };
/** What runs from sources that nobody knows the history of. */
const UNBUILT = {
  version: `v${manifest.version}`,
  buildDate: '1970-01-01T00:00:00Z',
  gitCommit: 'unknown',
  gitTreeDirty: false,
};
const DEFAULT_RATE = { perSecond: 500, burst: 1000 };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is, as the description of the API has it. */
    operation?: Operation | undefined;
  }
}

function systemGroups(config: RestServerConfig): readonly Routes[] {
  const [shared, system] = [sharedScope(config), systemScope(config)];
  return [
    loginRoutes,
    ssoRoutes,
    openApiRoutes,
    accessRoutes,
    systemRoutes,
    systemRoleRoutes,
    systemAuditRoutes,
    apiTokenRoutes('/system', () => config.namespaces.kargo),
    projectListRoutes,
    clusterViewRoutes,
    resourceRoutes,
    clusterTemplateRoutes,
    configMapRoutes(shared),
    configMapRoutes(system),
    credentialRoutes(shared, genericCredentials),
    credentialRoutes(system, genericCredentials),
    credentialRoutes(shared, repositoryCredentials),
    webhookDeliveryRoutes('/system', () => config.namespaces.system),
  ];
}

/** Groups below `/projects/:project`. */
const PROJECT_GROUPS: readonly Routes[] = [
  projectRoutes,
  projectViewRoutes,
  stageRoutes,
  stageVerificationRoutes,
  promoteRoutes,
  promotionPreviewRoutes,
  promotionRoutes,
  promotionLogRoutes,
  warehouseRoutes,
  freightRoutes,
  linkRoutes,
  analysisRoutes,
  credentialsTraceRoutes,
  explainRoutes,
  lintRoutes,
  promotionTaskRoutes,
  imageRoutes,
  eventRoutes,
  roleRoutes,
  projectAuditRoutes,
  apiTokenRoutes('', (request) => param(request, 'project')),
  configMapRoutes(projectScope),
  credentialRoutes(projectScope, genericCredentials),
  credentialRoutes(projectScope, repositoryCredentials),
  webhookDeliveryRoutes('', (request) => param(request, 'project')),
];

/** The REST API as a Fastify server that does not listen yet. Every answer is JSON, failures included. */
export function createRestServer(options: RestServerOptions): FastifyInstance {
  const config = configOf(options);
  const services = createServices(config);
  const { log } = services;
  const server = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = '/' }) => withoutBasePath(url, config.basePath),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_NAME },
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : config.random.uuid();
    },
    frameworkErrors: (error, request, reply) => {
      void refuse(request, reply, error);
    },
  });
  const refuse = (request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<void> => {
    request.refusal = refusalOf(error).message;
    return replyError(reply, error, log);
  };

  // Bodies are read by the routes: what counts is what is in them, not what they claim to be.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.decorateRequest('identity', undefined);

  server.setErrorHandler((error, request, reply) => refuse(request, reply, error));
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (path === '/healthz' || path === '/readyz') return refuse(request, reply, new HttpError(405, 'method not allowed'));
    if (isReceiverPath(path) && request.method !== 'POST')
      return refuse(request, reply.header('allow', 'POST'), new HttpError(405, 'deliveries are POST requests'));
    const isPage = request.method === 'GET' && !/^\/(v1beta1|\.outside)(\/|$)/.test(path);
    if (isPage && config.dashboard !== undefined && (await serveDashboard(config, request, reply))) return reply;
    const asked = request.originalUrl.split('?', 1)[0] ?? '';
    return refuse(request, reply, new HttpError(404, `there is nothing at ${request.method} ${asked}`));
  });
  server.addHook('onRoute', (route) => {
    if (!route.url.startsWith(`${PREFIX}/`)) return;
    const operation = operationOf(String(route.method), route.url.slice(PREFIX.length));
    route.config = { ...route.config, ...(operation === undefined ? {} : { operation }) };
  });

  if (config.basePath !== '')
    server.addHook('onRequest', async (request, reply) => {
      const [path = ''] = request.originalUrl.split('?', 1);
      return path === config.basePath ? reply.redirect(`${path}/`, 301) : undefined;
    });
  securityHeaders(server, { prefix: PREFIX, tls: config.tlsOnly });
  cors(server, config.cors, log);
  auditRequests(server, config.audit, { clock: config.clock, random: config.random, prefix: PREFIX });
  identifyCallers(server, services);
  logRequests(server, services);
  server.addHook('onClose', async () => {
    await Promise.all([services.claims.close(), services.freight.close()]);
  });

  healthRoutes(server, services);
  metricsRoute(server, services);
  register(server, '', (scope) => receiverRoutes(scope, services));
  register(server, '', (scope) => downloadRoutes(scope, services));
  for (const routes of systemGroups(config)) register(server, PREFIX, (scope) => routes(scope, services));
  for (const routes of PROJECT_GROUPS)
    register(server, `${PREFIX}/projects/:project`, (scope) => {
      requireProject(scope, services);
      routes(scope, services);
    });
  return server;
}

/** Finds out who sends each request of the API, and lets nobody send too many. */
function identifyCallers(server: FastifyInstance, { config, claims }: Services): void {
  const { clock, rateLimit, auth } = config;
  const { skip = false, reviewToken, oidc } = auth;
  const admin = adminAccount(auth);
  const localHosts = new Set(config.localHosts);
  const callers = rateLimit === false ? undefined : new RateLimit(rateLimit, clock);
  const guesses = new RateLimit(GUESSES, clock);
  const verifier = oidc === undefined ? undefined : new OidcVerifier({ ...oidc, fetch: requiredFetch(config), clock });
  const options = {
    skip,
    admin,
    reviewToken,
    clock,
    oidc: verifier,
    usernameClaim: oidc?.usernameClaim,
    accountsOf: (texts: Parameters<typeof claims.accountsOf>[0]) => claims.accountsOf(texts),
  };
  const tooMany = (reply: FastifyReply, seconds: number): HttpError => {
    void reply.header('retry-after', String(seconds));
    return new HttpError(429, `too many requests; try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}`);
  };

  server.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith(`${PREFIX}/`) && !METRICS.test(request.url)) return undefined;
    if (skip) refuseCrossSite(request, localHosts);
    if (request.routeOptions.config?.operation?.open !== true) {
      const wait = guesses.waitOf(request.ip);
      if (wait > 0 && !skip) throw tooMany(reply, wait);
      try {
        request.identity = await authenticate(request, options);
      } catch (error) {
        if (error instanceof HttpError && error.code === 401) guesses.take(request.ip);
        throw error;
      }
    }
    const caller = request.identity === undefined ? request.ip : actorOf(request.identity);
    const wait = callers?.take(caller) ?? 0;
    if (wait > 0) throw tooMany(reply, wait);
    const [path = '', query] = request.url.split('?', 2);
    if (!path.endsWith('/')) return undefined;
    const target = config.basePath + path.replace(/\/+$/, '') + (query === undefined ? '' : `?${query}`);
    return reply.redirect(target, request.method === 'GET' ? 301 : 307);
  });
}

function logRequests(server: FastifyInstance, { config, log }: Services): void {
  server.addHook('onResponse', async (request, reply) => {
    const { method, id: requestId } = request;
    const ms = Math.round(reply.elapsedTime);
    const status = reply.statusCode;
    config.metrics?.answered(request.routeOptions.url ?? 'none', method, status, reply.elapsedTime);
    const actor = request.identity === undefined ? undefined : actorOf(request.identity);
    const fields = { requestId, method, path: loggedPath(request.url), status, ms, actor };
    if (status === 401 || status === 403 || status === 429) log.info({ ...fields, reason: request.refusal }, 'refused request');
    else log.debug(fields, 'handled request');
  });
}

function healthRoutes(server: FastifyInstance, { config }: Services): void {
  server.route({ method: ['GET', 'HEAD'], url: '/healthz', handler: (_request, reply) => reply.type('text/plain').send('ok') });
  server.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: (_request, reply) => {
      const reasons = config.notReady();
      return reasons.length === 0
        ? reply.type('text/plain').send('ok')
        : reply
            .code(503)
            .type('text/plain')
            .send(`not ready: ${reasons.join('; ')}\n`);
    },
  });
}

/** The path of a request without what must stay secret: that of a webhook receiver lets anybody deliver to it. */
function loggedPath(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  return isReceiverPath(path) ? path.replace(/[^/]+$/, '…') : path;
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
    credentials: options.credentials ?? {},
    secretManagement: options.secretManagement ?? true,
    analysis: options.analysis ?? true,
    version: options.version ?? (() => Promise.resolve(UNBUILT)),
    basePath: normalBasePath(options.basePath),
    argocdShards: options.argocdShards ?? {},
    builtInController: options.builtInController,
    dashboard: options.dashboard,
    cliPackage: options.cliPackage,
    preview: options.preview,
    fetch: options.fetch,
    metrics: options.metrics,
    jobLogs: options.jobLogs,
    runLogs: options.runLogs,
    stepLogs: options.stepLogs,
    toldEvents: options.toldEvents,
    defaultController: options.defaultController ?? '',
    waitsOf: options.waitsOf ?? (() => []),
    cors: options.cors ?? { origins: [] },
    rateLimit: options.rateLimit ?? DEFAULT_RATE,
    trustedProxies: options.trustedProxies ?? [],
    tlsOnly: options.tlsOnly ?? false,
    localHosts: options.localHosts ?? ['localhost', '127.0.0.1', '[::1]'],
    audit: options.audit ?? memoryAuditTrail(),
    notReady: options.notReady ?? (() => []),
    namespaces: {
      kargo: options.namespaces?.kargo ?? 'kargo',
      system: options.namespaces?.system ?? 'kargo-system-resources',
      shared: options.namespaces?.shared ?? 'kargo-shared-resources',
    },
  };
}
