/**
 * Registries as their vendors' public documentation and the public trackers of those who read them describe them, as far as those who read
 * images notice: how they ask for credentials, hand out tokens, page through tags, and send blobs from elsewhere. Where a fact is odd, its
 * source stands beside it. For tests.
 */

/** What is particular about one kind of registry. */
export interface RegistryFlavour {
  name: string;
  /** How credentials are asked for: by HTTP Basic, or by a token of a service at this path. */
  auth: 'none' | 'basic' | { realm: string; service: string; field: 'token' | 'access_token'; scope: 'given' | 'absent' };
  /** User that the registry knows. */
  username: string;
  /** Most tags on a page, and on one that nothing was said about. Whether asking for more is refused, and with which status. */
  pages: { most: number; usual: number; refusal?: number | undefined };
  /** How the next page is named: by the last tag, by a token of the registry, or by a number in a path that is not that of the repository. */
  link: 'relative' | 'absolute' | 'opaque' | 'wrongPath' | 'none';
  /** Blobs come from another host, which refuses requests with credentials. */
  blobsElsewhere: boolean;
  /** Status for a repository that is not there, and who answers with it: the registry, or already its token service. */
  absent: 401 | 403 | 404;
  absentAt?: 'registry' | 'token' | undefined;
  /** Status of the token service for credentials that are wrong. Default 401. */
  tokenRefusal?: 403 | undefined;
  /** Status for a login that was good once. Default 401. */
  stale?: 403 | undefined;
  /** Links to next pages do not say how large those are to be. */
  unsized?: true | undefined;
  /** Media type of a list of tags. Default JSON. */
  listType?: string | undefined;
  /** Whether answers carry the digest of a manifest. */
  tellsDigest: boolean;
  /** In which order tags come. Default by name. */
  order?: 'pushed' | undefined;
  /** How too many requests are refused, and how long one should wait then: as that is said, or else half a second. */
  limited: { headers?: Readonly<Record<string, string>>; body: string; pause: number };
  /** Headers of every manifest. */
  manifestHeaders?: Readonly<Record<string, string>> | undefined;
  /** What a manifest is stored as decides whether it is given: those who do not ask for its type get one in an old format. */
  negotiates?: true | undefined;
  /** Further fields beside the tags. */
  extra?: Readonly<Record<string, unknown>> | undefined;
}

const token = (
  realm: string,
  service: string,
  rest: Partial<Extract<RegistryFlavour['auth'], object>> = {},
): RegistryFlavour['auth'] => ({
  realm,
  service,
  field: 'token',
  scope: 'given',
  ...rest,
});

const tooMany = (message: string): string => JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message }] });
/** Where nothing says how long to wait. */
const UNSAID = 500;

/** The registries that users have. */
export const REGISTRY_FLAVOURS: readonly RegistryFlavour[] = [
  {
    name: 'Docker Hub',
    // Counted are GETs of manifests, not HEADs, and what is left is in the answers (docs.docker.com/docker-hub/usage). The limit of all
    // requests is told as an instant (docker/hub-feedback#2459): here one that is over.
    limited: {
      headers: {
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': '0;w=21600',
        'x-ratelimit-limit': '180',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1746136938',
        'retry-after': '1746136938',
      },
      body: tooMany('You have reached your pull rate limit.'),
      pause: 0,
    },
    manifestHeaders: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' },
    negotiates: true,
    auth: token('/token', 'registry.docker.io'),
    username: 'acme',
    pages: { most: 10_000, usual: 10_000 },
    link: 'relative',
    blobsElsewhere: true,
    absent: 401,
    tellsDigest: true,
  },
  {
    // The token service refuses with 403: what is not there, and expired logins even where the image is public
    // (mccutchen/go-httpbin#223, openai/tart#277).
    name: 'GHCR',
    // In the words of Go, which are no number (dependabot/cli#380).
    limited: {
      headers: { 'retry-after': '985.86\u00b5s' },
      body: tooMany('retry-after: 985.86us, allowed: 44000/minute'),
      pause: UNSAID,
    },
    order: 'pushed',
    absentAt: 'token',
    tokenRefusal: 403,
    auth: token('/token', 'ghcr.io'),
    username: 'acme',
    pages: { most: 1000, usual: 100 },
    link: 'relative',
    blobsElsewhere: true,
    absent: 403,
    tellsDigest: true,
  },
  {
    // At most 1000 tags a page, or UNSUPPORTED (google/go-containerregistry#681); lists are text/plain, and the next page has no number
    // (deitch/docker_registry2#34). A login lives for 12 hours; after that it is denied, not unknown (aws/aws-cli#6580).
    name: 'ECR',
    limited: { body: tooMany('Rate exceeded'), pause: UNSAID },
    order: 'pushed',
    stale: 403,
    unsized: true,
    listType: 'text/plain; charset=utf-8',
    auth: 'basic',
    username: 'AWS',
    pages: { most: 1000, usual: 100, refusal: 405 },
    link: 'absolute',
    blobsElsewhere: true,
    absent: 404,
    tellsDigest: true,
  },
  {
    name: 'GAR',
    limited: { body: tooMany('Quota exceeded for quota metric'), pause: UNSAID },
    auth: token('/v2/token', 'docker.pkg.dev', { scope: 'absent' }),
    username: 'oauth2accesstoken',
    pages: { most: 10_000, usual: 10_000 },
    link: 'none',
    blobsElsewhere: true,
    absent: 403,
    tellsDigest: true,
    extra: { child: [], manifest: { 'sha256:00': { tag: ['x'], timeCreatedMs: '0' } } },
  },
  {
    name: 'ACR',
    limited: { headers: { 'retry-after': '3' }, body: tooMany('too many requests'), pause: 3000 },
    auth: token('/oauth2/token', 'acme.azurecr.io', { field: 'access_token' }),
    username: '00000000-0000-0000-0000-000000000000',
    pages: { most: 100, usual: 100, refusal: 400 },
    link: 'relative',
    blobsElsewhere: true,
    absent: 404,
    tellsDigest: true,
  },
  {
    // Since 2024 by the last tag, 100 at a time (deitch/docker_registry2#107).
    name: 'Quay',
    // By the web server before it (ivanilves/lstags#204).
    limited: { body: '<html><head><title>429 Too Many Requests</title></head></html>', pause: UNSAID },
    auth: token('/v2/auth', 'quay.io'),
    username: 'acme+robot',
    pages: { most: 100, usual: 100 },
    link: 'relative',
    blobsElsewhere: true,
    absent: 401,
    tellsDigest: true,
  },
  {
    // For a while, more than 100 were refused (fluxcd/image-reflector-controller#585).
    name: 'Quay that refuses',
    limited: { body: '<html><head><title>429 Too Many Requests</title></head></html>', pause: UNSAID },
    auth: token('/v2/auth', 'quay.io'),
    username: 'acme+robot',
    pages: { most: 100, usual: 50, refusal: 400 },
    link: 'relative',
    blobsElsewhere: true,
    absent: 401,
    tellsDigest: true,
  },
  {
    // 50 at a time, each with a token for the next (regclient/regclient#272).
    name: 'Quay of before',
    limited: { body: '<html><head><title>429 Too Many Requests</title></head></html>', pause: UNSAID },
    auth: token('/v2/auth', 'quay.io'),
    username: 'acme+robot',
    pages: { most: 50, usual: 50 },
    link: 'opaque',
    blobsElsewhere: true,
    absent: 401,
    tellsDigest: true,
  },
  {
    name: 'Harbor',
    limited: { body: tooMany('too many requests'), pause: UNSAID },
    auth: token('/service/token', 'harbor-registry'),
    username: 'robot$acme+kargo',
    pages: { most: 1000, usual: 1000 },
    link: 'relative',
    blobsElsewhere: false,
    absent: 401,
    tellsDigest: true,
  },
  {
    name: 'Artifactory',
    limited: { headers: { 'retry-after': '2' }, body: '', pause: 2000 },
    auth: token('/artifactory/api/docker/docker-local/v2/token', 'artifactory'),
    username: 'robot',
    pages: { most: 10_000, usual: 10_000 },
    link: 'absolute',
    blobsElsewhere: false,
    absent: 404,
    tellsDigest: false,
  },
  {
    name: 'GitLab',
    limited: { headers: { 'retry-after': '1', 'ratelimit-remaining': '0' }, body: 'Retry later', pause: 1000 },
    auth: token('/jwt/auth', 'container_registry'),
    username: 'deploy-token',
    pages: { most: 1000, usual: 100 },
    link: 'relative',
    blobsElsewhere: true,
    absent: 404,
    tellsDigest: true,
  },
  {
    // Reached by the path of the repository: the link to the next page leaves that out, and counts instead of naming the last tag
    // (renovatebot/renovate#15080). That answers may lack the digest, others have too (ivanilves/lstags#186).
    name: 'Artifactory by path',
    limited: { headers: { 'retry-after': '2' }, body: '', pause: 2000 },
    auth: token('/artifactory/api/docker/docker-local/v2/token', 'artifactory'),
    username: 'robot',
    pages: { most: 500, usual: 500 },
    link: 'wrongPath',
    blobsElsewhere: false,
    absent: 404,
    tellsDigest: false,
  },
  {
    name: 'a plain registry',
    limited: { headers: { 'retry-after': '1' }, body: tooMany('too many requests'), pause: 1000 },
    auth: 'none',
    username: '',
    pages: { most: 1_000_000, usual: 1_000_000 },
    link: 'relative',
    blobsElsewhere: false,
    absent: 404,
    tellsDigest: true,
  },
  {
    name: 'a plain registry behind a password',
    limited: { headers: { 'retry-after': '1' }, body: tooMany('too many requests'), pause: 1000 },
    auth: 'basic',
    username: 'robot',
    pages: { most: 1_000_000, usual: 1_000_000 },
    link: 'relative',
    blobsElsewhere: false,
    absent: 404,
    tellsDigest: true,
  },
];
