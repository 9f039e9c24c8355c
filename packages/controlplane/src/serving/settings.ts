import { checkTemplate } from '@kargo/expr';
import { parseDuration } from '@kargo/gocompat';
import { systemFetch } from '@kargo/kube';
import {
  normalBasePath,
  type CorsOptions,
  type OidcOptions,
  type RateLimitOptions,
  type RestServerOptions,
  type RunLogSource,
} from '@kargo/server';
import { ConfigError } from '../config-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How the REST API is served, by environment variables. */
export interface ServingSettings {
  /** `OIDC_*`. */
  oidc?: OidcOptions | undefined;
  /** `GLOBAL_SERVICE_ACCOUNT_NAMESPACES`. */
  globalServiceAccountNamespaces: readonly string[];
  /** `CORS_ORIGINS`; `PERMISSIVE_CORS_POLICY_ENABLED` allows all. */
  cors: CorsOptions;
  /** `RATE_LIMIT_PER_SECOND` and `RATE_LIMIT_BURST`; 0 takes any number. */
  rateLimit?: RateLimitOptions | false | undefined;
  /** `TRUSTED_PROXIES`. */
  trustedProxies: readonly string[];
  /** Whether only TLS is spoken: `TLS_ENABLED`. */
  tlsOnly: boolean;
  /** `AUDIT_MAX_AGE` and `AUDIT_MAX_BYTES`. */
  audit: { maxAge?: number | undefined; maxBytes?: number | undefined };
  /** Whom system roles are given to, by role: `KARGO_ADMINS_CLAIMS` and the like, as JSON of claims and values. */
  systemRoleClaims: Readonly<Record<string, string>>;
  /** Where traces go: `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  traces?: string | undefined;
  /** Path that everything is served below: `API_BASE_PATH`. */
  basePath: string;
  /** Where logs of Jobs of verifications are: `ANALYSIS_RUN_LOG_*`. */
  runLogs?: RunLogSource | undefined;
  /** Whether Secrets can be written: `SECRET_MANAGEMENT_ENABLED`. */
  secretManagement: boolean;
  /** Where metrics are served without a token: `METRICS_BIND_ADDRESS`. */
  metricsAddress?: { host: string; port: number } | undefined;
  /** How long requests may take to end when the server stops, in milliseconds: `GRACEFUL_SHUTDOWN_TIMEOUT`. */
  grace: number;
}

/** Kubernetes kills what has not stopped after thirty seconds. */
const GRACE = 10_000;

/** Reads the settings. Throws {@link ConfigError} naming the variable. */
export function servingSettings(env: Environment): ServingSettings {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  return {
    oidc: oidcOf(env),
    globalServiceAccountNamespaces: listOf(env['GLOBAL_SERVICE_ACCOUNT_NAMESPACES']),
    cors: { origins: env['PERMISSIVE_CORS_POLICY_ENABLED'] === 'true' ? ['*'] : listOf(env['CORS_ORIGINS']) },
    rateLimit: rateLimitOf(env),
    trustedProxies: listOf(env['TRUSTED_PROXIES']),
    tlsOnly: env['TLS_ENABLED'] === 'true',
    audit: {
      maxAge: durationSetting('AUDIT_MAX_AGE', env['AUDIT_MAX_AGE']),
      maxBytes: whole('AUDIT_MAX_BYTES', env['AUDIT_MAX_BYTES']),
    },
    systemRoleClaims: {
      'kargo-admin': claims('KARGO_ADMINS_CLAIMS', env),
      'kargo-viewer': claims('KARGO_VIEWERS_CLAIMS', env),
      'kargo-user': claims('KARGO_USERS_CLAIMS', env),
      'kargo-project-creator': claims('KARGO_PROJECT_CREATORS_CLAIMS', env),
    },
    traces: endpoint === '' ? undefined : endpoint,
    basePath: basePathOf(env),
    runLogs: runLogsOf(env),
    secretManagement: env['SECRET_MANAGEMENT_ENABLED'] !== 'false',
    metricsAddress: metricsAddress(env),
    grace: durationSetting('GRACEFUL_SHUTDOWN_TIMEOUT', env['GRACEFUL_SHUTDOWN_TIMEOUT']) ?? GRACE,
  };
}

/** The settings as the REST server takes them. */
export function restSettings({
  cors,
  rateLimit,
  trustedProxies,
  tlsOnly,
  basePath,
  runLogs,
  secretManagement,
}: ServingSettings): Pick<
  RestServerOptions,
  'cors' | 'rateLimit' | 'trustedProxies' | 'tlsOnly' | 'fetch' | 'basePath' | 'runLogs' | 'secretManagement'
> {
  return { cors, rateLimit, trustedProxies, tlsOnly, basePath, runLogs, secretManagement, fetch: systemFetch };
}

/** Where metrics are served without a token: `METRICS_BIND_ADDRESS`, `HOST:PORT` or `:PORT`; empty and `0` for nowhere. */
export function metricsAddress(env: Environment): { host: string; port: number } | undefined {
  const text = env['METRICS_BIND_ADDRESS'] ?? '';
  if (text === '' || text === '0') return undefined;
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new ConfigError(`METRICS_BIND_ADDRESS must be HOST:PORT or :PORT, or 0 for none; found ${JSON.stringify(text)}`);
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

function runLogsOf(env: Environment): RunLogSource | undefined {
  const urlTemplate = env['ANALYSIS_RUN_LOG_URL_TEMPLATE'] ?? '';
  if (urlTemplate === '') return undefined;
  const token = env['ANALYSIS_RUN_LOG_TOKEN'] ?? '';
  const headers = Object.fromEntries(
    listOf(env['ANALYSIS_RUN_LOG_HTTP_HEADERS']).map((item) => {
      const at = item.indexOf('=');
      // The value may be a secret: it is not repeated.
      if (at < 1) throw new ConfigError('ANALYSIS_RUN_LOG_HTTP_HEADERS must list name=value, separated by commas');
      return [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    }),
  );
  for (const [name, template] of [['ANALYSIS_RUN_LOG_URL_TEMPLATE', urlTemplate], ...Object.entries(headers)] as const) {
    const [problem] = checkTemplate(template);
    if (problem !== undefined) throw new ConfigError(`${name} is no template: ${problem.message}`);
  }
  return { urlTemplate, ...(token === '' ? {} : { token }), headers };
}

function basePathOf(env: Environment): string {
  const path = normalBasePath(env['API_BASE_PATH']);
  if (/[?#\s\\]|\/\/|(^|\/)\.{1,2}(\/|$)/.test(path))
    throw new ConfigError(`API_BASE_PATH must be a path such as /kargo; found ${JSON.stringify(env['API_BASE_PATH'])}`);
  return path;
}

function oidcOf(env: Environment): OidcOptions | undefined {
  const { OIDC_ISSUER_URL: issuerURL = '', OIDC_CLIENT_ID: clientID = '', OIDC_CLI_CLIENT_ID: cli = '' } = env;
  if (env['OIDC_ENABLED'] === 'false' || (issuerURL === '' && env['OIDC_ENABLED'] !== 'true')) return undefined;
  if (issuerURL === '' || clientID === '')
    throw new ConfigError('sign-in with an identity provider needs both OIDC_ISSUER_URL and OIDC_CLIENT_ID');
  if (!URL.canParse(issuerURL)) throw new ConfigError(`OIDC_ISSUER_URL must be a URL; found ${JSON.stringify(issuerURL)}`);
  const usernameClaim = env['OIDC_USERNAME_CLAIM'] ?? '';
  return {
    issuerURL,
    clientID,
    ...(cli === '' ? {} : { cliClientID: cli }),
    additionalScopes: listOf(env['OIDC_ADDITIONAL_SCOPES']),
    ...(usernameClaim === '' ? {} : { usernameClaim }),
  };
}

function rateLimitOf(env: Environment): RateLimitOptions | false | undefined {
  const perSecond = whole('RATE_LIMIT_PER_SECOND', env['RATE_LIMIT_PER_SECOND']);
  if (perSecond === undefined) return undefined;
  if (perSecond === 0) return false;
  return { perSecond, burst: whole('RATE_LIMIT_BURST', env['RATE_LIMIT_BURST']) ?? perSecond * 2 };
}

function listOf(text = ''): string[] {
  return text.split(',').flatMap((item) => item.trim() || []);
}

function whole(name: string, text = ''): number | undefined {
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new ConfigError(`${name} must be a whole number; found ${JSON.stringify(text)}`);
  return Number(text);
}

/** A duration in milliseconds; undefined when it is not set. Throws {@link ConfigError}. */
export function durationSetting(name: string, text = ''): number | undefined {
  if (text === '') return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    throw new ConfigError(`${name} must be a duration such as 720h; found ${JSON.stringify(text)}`, { cause: error });
  }
}

/** Claims in the form in which ServiceAccounts carry them; empty when there are none. */
function claims(name: string, env: Environment): string {
  const text = env[name] ?? '';
  if (text === '') return '';
  const refused = (cause?: unknown): ConfigError =>
    new ConfigError(`${name} must be JSON such as {"groups":["platform-team"]}; found ${JSON.stringify(text)}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused();
  return JSON.stringify(value);
}
