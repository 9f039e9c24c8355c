/** The token services of AWS, Google, Azure and GitHub in one process, as their public documentation describes them. For tests. */
import { createHash, createHmac, createVerify, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, httpFixture } from './http-fixture.ts';

/** Clouds, and who is known there. Everything that is asked for without the right proof is refused. */
export interface CloudServer {
  readonly url: string;
  readonly asked: string[];
  /** AWS access keys: id → secret. Those of sessions are added as they are given. */
  readonly awsKeys: Map<string, string>;
  /** Roles that may be assumed, with the external id that has to be named, if any. */
  readonly awsRoles: Map<string, string | undefined>;
  /** RSA key that Google's service account and the GitHub App sign with. */
  readonly privateKey: string;
  /** Google service accounts that may be impersonated. */
  readonly googleAccounts: Set<string>;
  /** Seconds that tokens last. */
  lifetime: number;
  /** Requests with tokens of GitHub that are refused at first, as if they were not known everywhere yet. */
  unknownFor: number;
  /** Status that the next requests get instead of an answer. */
  readonly faults: number[];
  close(): Promise<void>;
}

/** What `WEB_IDENTITY` and `CONTAINER` prove. */
export const WEB_IDENTITY = 'web-identity-token';
export const CONTAINER_TOKEN = 'container-token';
/** What another provider says of this machine to Google. */
export const FEDERATED = 'federated-subject-token';
export const AZURE_ASSERTION = 'azure-federated-token';

/** Starts the clouds at a time that is told by `now` (epoch milliseconds). */
export async function startClouds(now: () => number): Promise<CloudServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const bearer = new Map<string, string>();
  const sessionTokens = new Map<string, string>();
  const server = await httpFixture(async (request, response) => {
    const body = (await bodyOf(request)).toString();
    const fault = self.faults.shift();
    if (fault !== undefined) return void response.writeHead(fault).end();
    const url = new URL(request.url ?? '/', self.url);
    for (const answer of [aws, google, azure, github]) if (answer(request, response, url, body)) return;
    response.writeHead(404).end();
  });
  const self: CloudServer = {
    url: server.url,
    asked: [],
    awsKeys: new Map(),
    awsRoles: new Map(),
    privateKey,
    googleAccounts: new Set(),
    lifetime: 3600,
    unknownFor: 0,
    faults: [],
    close: () => server.close(),
  };
  const expiry = (): string => new Date(now() + self.lifetime * 1000).toISOString().replace(/\.\d{3}/, '');
  const json = (response: ServerResponse, status: number, value: object): true => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    return true;
  };
  const session = (name: string): { id: string; secret: string; token: string } => {
    const [id, secret, token] = [`ASIA${name}${self.awsKeys.size}`, randomUUID(), randomUUID()];
    self.awsKeys.set(id, secret);
    sessionTokens.set(id, token);
    return { id, secret, token };
  };
  const document = (name: string): object => {
    const { id, secret, token } = session(name);
    return { Code: 'Success', AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: expiry() };
  };

  const aws = (request: IncomingMessage, response: ServerResponse, url: URL, body: string): boolean => {
    const { headers } = request;
    if (url.pathname === '/latest/api/token') {
      response.writeHead(request.method === 'PUT' ? 200 : 405).end('imds-token');
      return true;
    }
    if (url.pathname === '/latest/meta-data/placement/availability-zone') {
      response.writeHead(headers['x-aws-ec2-metadata-token'] === 'imds-token' ? 200 : 401).end('eu-west-1b');
      return true;
    }
    if (url.pathname.startsWith('/latest/meta-data/iam/security-credentials/')) {
      self.asked.push(`instance${url.pathname.endsWith('/') ? '' : ' role'}`);
      if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return json(response, 401, {});
      if (!url.pathname.endsWith('/')) return json(response, 200, document('INSTANCE'));
      response.end('instance-role');
      return true;
    }
    if (url.pathname === '/container') {
      self.asked.push('container');
      return headers.authorization === CONTAINER_TOKEN ? json(response, 200, document('CONTAINER')) : json(response, 403, {});
    }
    if (url.pathname !== '/sts/' && url.pathname !== '/ecr/') return false;
    const service = url.pathname.slice(1, -1);
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    if (action === 'AssumeRoleWithWebIdentity') {
      self.asked.push(`sts ${action} ${form.get('RoleArn')} ${form.get('RoleSessionName')}`);
      if (form.get('WebIdentityToken') !== WEB_IDENTITY) return xmlError(response, 403, 'AccessDenied');
      xmlCredentials(response, session('WEB'), expiry());
      return true;
    }
    const key = verifySignature(request, url, body, service, { keys: self.awsKeys, sessionTokens, now: now() });
    if (key === undefined) {
      self.asked.push(`${service} refused`);
      return service === 'ecr'
        ? json(response, 400, { __type: 'InvalidSignatureException', message: 'bad signature' })
        : xmlError(response, 403, 'SignatureDoesNotMatch');
    }
    if (service === 'ecr') {
      self.asked.push(`ecr ${key}`);
      if (headers['x-amz-target'] !== 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken')
        return json(response, 400, {});
      const authorizationToken = Buffer.from(`AWS:password of ${key}`).toString('base64');
      const expiresAt = now() / 1000 + self.lifetime;
      return json(response, 200, { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: 'https://x' }] });
    }
    if (action === 'GetCallerIdentity') {
      response.end(
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
      );
      return true;
    }
    const role = form.get('RoleArn') ?? '';
    self.asked.push(`sts ${action} ${role} ${form.get('ExternalId')} ${form.get('RoleSessionName')}`);
    if (!self.awsRoles.has(role) || (self.awsRoles.get(role) ?? form.get('ExternalId')) !== form.get('ExternalId'))
      return xmlError(response, 403, 'AccessDenied');
    xmlCredentials(response, session('ROLE'), expiry());
    return true;
  };

  /** Whether a token is a question to AWS that AWS would answer, signed for this audience. */
  const isAwsQuestion = (subject: string, form: URLSearchParams): boolean => {
    const question = JSON.parse(decodeURIComponent(subject)) as {
      url: string;
      method: string;
      headers: { key: string; value: string }[];
      body: string;
    };
    const headers = Object.fromEntries(question.headers.map(({ key, value }) => [key.toLowerCase(), value]));
    const { url, method, body } = question;
    const key = verifySignature({ method, headers }, new URL(url), body, 'sts', {
      keys: self.awsKeys,
      sessionTokens,
      now: now(),
    });
    const signed = / SignedHeaders=([^,]+),/.exec(headers['authorization'] ?? '')?.[1]?.split(';') ?? [];
    self.asked.push(`google asks ${new URL(url).host} who ${key ?? 'nobody'} is`);
    return (
      key !== undefined &&
      headers['host'] === new URL(url).host &&
      headers['x-goog-cloud-target-resource'] === form.get('audience') &&
      signed.includes('x-goog-cloud-target-resource') &&
      new URL(url).searchParams.get('Action') === 'GetCallerIdentity'
    );
  };

  const google = (request: IncomingMessage, response: ServerResponse, url: URL, body: string): boolean => {
    if (url.pathname === '/google/token') {
      const claims = verifyJWT(new URLSearchParams(body).get('assertion') ?? '', publicKey);
      self.asked.push(`google key ${String(claims?.['iss'])}`);
      const good = claims?.['aud'] === `${self.url}/google/token` && Number(claims['exp']) > now() / 1000;
      if (!good) return json(response, 400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' });
      return json(response, 200, { access_token: 'google-key-token', expires_in: self.lifetime, token_type: 'Bearer' });
    }
    if (url.pathname === '/google/federation') {
      const form = new URLSearchParams(body);
      self.asked.push(`google federation ${form.get('audience')} ${form.get('subject_token_type')}`);
      const subject = form.get('subject_token') ?? '';
      const isGood =
        form.get('subject_token_type')?.endsWith(':aws4_request') === true ? isAwsQuestion(subject, form) : subject === FEDERATED;
      if (!isGood || !form.get('grant_type')?.endsWith(':token-exchange'))
        return json(response, 400, { error: 'invalid_grant', error_description: 'The subject token is not good.' });
      return json(response, 200, { access_token: 'google-own-token', expires_in: self.lifetime, token_type: 'Bearer' });
    }
    if (url.pathname === '/federated-token') return json(response, 200, { value: FEDERATED });
    if (url.pathname.startsWith('/computeMetadata/')) {
      if (request.headers['metadata-flavor'] !== 'Google') return json(response, 403, {});
      if (url.pathname.endsWith('/project-id')) {
        response.end('acme-prod');
        return true;
      }
      self.asked.push('google own');
      return json(response, 200, { access_token: 'google-own-token', expires_in: self.lifetime, token_type: 'Bearer' });
    }
    const [, account] = /^\/v1\/projects\/-\/serviceAccounts\/(.+):generateAccessToken$/.exec(url.pathname) ?? [];
    if (account === undefined) return false;
    self.asked.push(`google ${account}`);
    if (request.headers.authorization !== 'Bearer google-own-token' || !self.googleAccounts.has(account))
      return json(response, 403, { error: { code: 403, status: 'PERMISSION_DENIED', message: 'not yours' } });
    return json(response, 200, { accessToken: `token of ${account}`, expireTime: expiry() });
  };

  const azure = (request: IncomingMessage, response: ServerResponse, url: URL, body: string): boolean => {
    const form = new URLSearchParams(body);
    if (url.pathname === '/tenant-1/oauth2/v2.0/token') {
      self.asked.push(`azure workload ${form.get('client_id')}`);
      return form.get('client_assertion') === AZURE_ASSERTION
        ? json(response, 200, { access_token: 'azure-token', expires_in: self.lifetime })
        : json(response, 401, { error: 'invalid_client', error_description: 'AADSTS700211: no matching federated identity' });
    }
    if (url.pathname === '/metadata/identity/oauth2/token') {
      self.asked.push('azure managed');
      return request.headers['metadata'] === 'true'
        ? json(response, 200, { access_token: 'azure-token', expires_in: String(self.lifetime) })
        : json(response, 400, {});
    }
    if (url.pathname !== '/oauth2/exchange') return false;
    self.asked.push(`azure exchange ${form.get('service')}`);
    return form.get('access_token') === 'azure-token' && form.get('grant_type') === 'access_token'
      ? json(response, 200, { refresh_token: 'azure-refresh-token' })
      : json(response, 401, { errors: [{ code: 'UNAUTHORIZED' }] });
  };

  const github = (request: IncomingMessage, response: ServerResponse, url: URL, body: string): boolean => {
    const { authorization = '' } = request.headers;
    const [, installation] = /^\/api\/v3\/app\/installations\/(.+)\/access_tokens$/.exec(url.pathname) ?? [];
    if (installation !== undefined) {
      const claims = verifyJWT(authorization.replace('Bearer ', ''), publicKey);
      const { repositories = [] } = JSON.parse(body) as { repositories?: string[] };
      self.asked.push(`github ${String(claims?.['iss'])} ${installation} ${repositories.join(',')}`);
      if (claims === undefined || Number(claims['exp']) - Number(claims['iat']) > 600)
        return json(response, 401, { message: 'A JSON web token could not be decoded' });
      const token = `ghs_${randomUUID()}`;
      bearer.set(token, repositories.join(','));
      return json(response, 201, { token, expires_at: expiry() });
    }
    const [, , name] = /^\/api\/v3\/repos\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (name === undefined) return false;
    self.asked.push(`github probe ${name}`);
    if (self.unknownFor > 0) {
      self.unknownFor -= 1;
      return json(response, 401, { message: 'Bad credentials' });
    }
    return json(response, bearer.get(authorization.replace('Bearer ', '')) === name ? 200 : 401, {});
  };
  return self;
}

function xmlError(response: ServerResponse, status: number, code: string): true {
  const text = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>not allowed</Message></Error></ErrorResponse>`;
  response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
  return true;
}

function xmlCredentials(
  response: ServerResponse,
  { id, secret, token }: Record<'id' | 'secret' | 'token', string>,
  expiration: string,
): void {
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    `<R><Result><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${expiration}</Expiration></Credentials></Result></R>`,
  );
}

/** The id of the key that signed a request, by the rules of Signature Version 4; undefined if nothing known did. */
function verifySignature(
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  url: URL,
  body: string,
  service: string,
  known: { keys: ReadonlyMap<string, string>; sessionTokens: ReadonlyMap<string, string>; now: number },
): string | undefined {
  const { headers } = request;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  const [, id = '', day = '', region = '', signedService = '', names = '', signature = ''] = match ?? [];
  const secret = known.keys.get(id);
  const date = String(headers['x-amz-date']);
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (secret === undefined || signedService !== service || !date.startsWith(day) || Math.abs(at - known.now) > 300_000)
    return undefined;
  if (known.sessionTokens.get(id) !== headers['x-amz-security-token']) return undefined;
  const signed = names.split(';');
  const needed = ['host', 'x-amz-date', ...(known.sessionTokens.has(id) ? ['x-amz-security-token'] : [])];
  if (!needed.every((name) => signed.includes(name))) return undefined;
  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = [
    request.method,
    url.pathname,
    [...url.searchParams]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .toSorted()
      .join('&'),
    ...signed.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    sha(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/aws4_request`, sha(canonical)].join('\n');
  let key: string | Buffer = `AWS4${secret}`;
  for (const part of [day, region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(text).digest('hex') === signature ? id : undefined;
}

function verifyJWT(token: string, publicKey: string): Record<string, unknown> | undefined {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const good = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, Buffer.from(signature, 'base64url'));
  return good ? (JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>) : undefined;
}
