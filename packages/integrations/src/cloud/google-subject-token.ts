/** What another provider says of this machine, for Google to exchange: from a file, an address, AWS, or a program. */
import { readFile } from 'node:fs/promises';
import { ProcessError } from '../process/process-error.ts';
import type { Processes } from '../process/port.ts';
import { messageOf } from '../port-error.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { CloudError } from './cloud-error.ts';
import { signV4 } from './sigv4.ts';
import { requestToken, type TokenTransport } from './token-request.ts';

/** What subject tokens are got with. */
export interface SubjectTokenDeps {
  /** Reaches the metadata services of the machine, which others must not. */
  metadata: TokenTransport;
  environment: Readonly<Record<string, string | undefined>>;
  /** Without it, AWS cannot be a source. */
  aws?: AwsIdentity | undefined;
  /** Without it, a program cannot be one. */
  processes?: Processes | undefined;
}

/** What the token is for, as the file of the installation says. */
export interface SubjectTokenRequest {
  source: unknown;
  audience: string;
  type: string;
  /** The service account that is acted as in the end, if the file names one. */
  account?: string | undefined;
  signal?: AbortSignal | undefined;
}

type Fields = Record<string, unknown>;

/** Gets the token that the `credential_source` of an `external_account` file leads to. Fails with `CloudError`. */
export async function subjectToken(deps: SubjectTokenDeps, request: SubjectTokenRequest): Promise<string> {
  const source = fieldsOf(request.source);
  const { file, url, headers, format, executable, environment_id: environmentId } = source;
  if (typeof environmentId === 'string') return awsToken(deps, source, request);
  if (executable !== undefined) return programToken(deps, fieldsOf(executable), request);
  if (typeof file === 'string') return tokenIn(format, await contentOf('credential_source.file', file));
  if (typeof url !== 'string') throw unusable('its credential_source is neither a file, a url, an executable nor AWS');
  const action = 'get the token of the workload identity of this machine';
  const answer = await requestToken(deps.metadata, {
    action,
    url,
    headers: textsIn(headers),
    timeout: 5000,
    signal: request.signal,
  });
  return tokenIn(format, Buffer.from(answer.body).toString());
}

/**
 * A signed question to AWS who this machine is, which Google asks in its place (google.aip.dev/auth/4117). Who it is, is found out as
 * everywhere here: by environment, web identity, container or instance.
 */
async function awsToken({ aws, metadata }: SubjectTokenDeps, source: Fields, request: SubjectTokenRequest): Promise<string> {
  const { environment_id: id, regional_cred_verification_url: verification } = source;
  if (id !== 'aws1') throw unusable(`credential_source.environment_id ${JSON.stringify(id)} is not known; aws1 is`);
  if (typeof verification !== 'string') throw unusable('its credential_source has no regional_cred_verification_url');
  if (aws === undefined) throw unusable('its credential_source is AWS, which cannot be asked here');
  const region = await aws.region(request.signal);
  const credentials = await aws.credentials(region, request.signal);
  const url = verification.replaceAll('{region}', region);
  const signed = signV4(
    { method: 'POST', url, headers: { 'x-goog-cloud-target-resource': request.audience }, body: '' },
    { region, service: 'sts', credentials, now: metadata.clock.now() },
  );
  const headers = Object.entries({ ...signed, host: new URL(url).host }).map(([key, value]) => ({ key, value }));
  return encodeURIComponent(JSON.stringify({ url, method: 'POST', headers, body: '' }));
}

const LEAST_TIMEOUT = 5000;
const USUAL_TIMEOUT = 30_000;
const LONGEST_TIMEOUT = 120_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a program prints, or wrote down and still holds. Only where the installation allows programs. */
async function programToken(
  { environment, processes, metadata: { clock } }: SubjectTokenDeps,
  executable: Fields,
  { audience, type, account, signal }: SubjectTokenRequest,
): Promise<string> {
  const { command, timeout_millis: timeout = USUAL_TIMEOUT, output_file: output } = executable;
  if (environment['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'] !== '1')
    throw unusable('it names a program, and GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 does not allow that');
  const [program, ...args] = typeof command === 'string' ? wordsOf(command) : [];
  if (program === undefined) throw unusable('credential_source.executable has no command');
  if (typeof timeout !== 'number' || timeout < LEAST_TIMEOUT || timeout > LONGEST_TIMEOUT)
    throw unusable(`credential_source.executable.timeout_millis must be from ${LEAST_TIMEOUT} to ${LONGEST_TIMEOUT}`);
  if (processes === undefined) throw unusable('it names a program, and none can be run here');
  if (typeof output === 'string') {
    const kept = await readFile(output, 'utf8').catch(() => undefined);
    const token = kept === undefined ? undefined : keptToken(kept, clock.now());
    if (token !== undefined) return token;
  }
  const told = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const env = {
    ...Object.fromEntries(told),
    PATH,
    GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: audience,
    GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: type,
    GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: '0',
    ...(account === undefined ? {} : { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: account }),
    ...(typeof output === 'string' ? { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: output } : {}),
  };
  try {
    const { exitCode, stdout } = await processes.run({
      command: program,
      args,
      cwd: '/',
      env,
      timeout,
      maxOutput: 256 * 1024,
      signal,
    });
    if (exitCode !== 0)
      throw new CloudError('failed', `the program that credential_source names ended with exit code ${exitCode}`);
    return printedToken(stdout, clock.now());
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    const code = signal?.aborted === true ? 'aborted' : 'failed';
    throw new CloudError(code, `the program that credential_source names could not be run: ${error.message}`, { cause: error });
  }
}

/** The token that an earlier run wrote down, if it was one of success and still holds. */
function keptToken(text: string, now: number): string | undefined {
  try {
    return printedToken(text, now);
  } catch (error) {
    if (error instanceof CloudError) return undefined;
    throw error;
  }
}

/** The token in the answer of a program. What it says of failures is for operators, and holds no token. */
function printedToken(text: string, now: number): string {
  const answer = parsed('what the program that credential_source names printed', text);
  const { success, code, message, token_type: type, id_token: id, saml_response: saml, expiration_time: expiry } = answer;
  if (success !== true) {
    const why = [code, message]
      .filter((part) => typeof part === 'string')
      .join(': ')
      .slice(0, 300);
    throw new CloudError('denied', `the program that credential_source names says that it failed: ${why}`);
  }
  if (typeof expiry === 'number' && expiry * 1000 <= now)
    throw new CloudError('failed', 'the program that credential_source names gave a token that has expired');
  const token = type === 'urn:ietf:params:oauth:token-type:saml2' ? saml : id;
  if (typeof token === 'string' && token !== '') return token;
  throw unusable(`the program that credential_source names gave no token of the type ${JSON.stringify(type ?? null)}`);
}

/** The words of a command; quotes keep some together. No shell is involved. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function tokenIn(format: unknown, text: string): string {
  const { type, subject_token_field_name: field } = fieldsOf(format);
  if (type !== 'json') return text.trim();
  const token = parsed('the token of the workload identity', text)[typeof field === 'string' ? field : 'access_token'];
  if (typeof token === 'string' && token !== '') return token;
  throw unusable('what its credential_source gives has no field of the name that subject_token_field_name says');
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textsIn(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The failure of a file of the installation that says something that cannot be used. */
export function unusable(why: string): CloudError {
  return new CloudError('invalid', `the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be used: ${why}`);
}

/** A text as a JSON object. Fails with `CloudError`, which does not tell the text, as it may hold a key. */
export function parsed(what: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unusable(`${what} is no JSON object`);
}

/** What a file holds that a setting names. Fails with `CloudError`. */
export async function contentOf(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CloudError('unavailable', `${setting} names a file that cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
