import { annotations, labels, type AnalysisRun, type Stage } from '@kargo/api';
import type { RunLogPlace } from '@kargo/analysis';
import { renderTemplate } from '@kargo/expr';
import type { Fetch } from '@kargo/kube';
import { TextDecoder } from 'node:util';
import { badRequest, HttpError } from '../http/http-error.ts';

/** Where what the Jobs of verifications wrote is kept, if that is elsewhere. */
export interface RunLogSource {
  /** Template of the address: `${{ }}` over `project`, `stage`, `analysisRun`, `jobName` and the like, each escaped for an address. */
  urlTemplate: string;
  /** A secret, as `token` in templates of headers. */
  token?: string | undefined;
  /** Templates of headers, by name. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** The stage that an AnalysisRun verifies; empty where it does not say. */
export function stageNameOf({ metadata }: AnalysisRun): string {
  return metadata.annotations?.[annotations.stage] ?? metadata.labels?.[labels.stage] ?? '';
}

/**
 * The log of a Job as another system has it, in pieces. Fails with 404 where that has none, with 502 where it cannot be asked, and with
 * an error for the operator where the templates are wrong.
 */
export async function readRunLogSource(
  { urlTemplate, token = '', headers = {} }: RunLogSource,
  { run, metric, container, jobNamespace, job }: RunLogPlace,
  { stage, fetch, signal }: { stage: Stage | undefined; fetch: Fetch; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const namespace = run.metadata.namespace ?? '';
  const known = {
    project: namespace,
    namespace,
    shard: stage?.spec.shard ?? '',
    stage: stageNameOf(run),
    analysisRun: run.metadata.name ?? '',
    metricName: metric,
    jobNamespace,
    jobName: job,
    container,
  };
  const url = rendered('the address', urlTemplate, asParts(known));
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, template]) => [name, rendered(`the header ${name}`, template, { ...known, token })]),
  );
  let response: Response;
  try {
    response = await fetch(url, { method: 'GET', headers: sent, signal });
  } catch (cause) {
    throw new HttpError(502, 'the system that keeps the logs of Jobs cannot be reached', { cause });
  }
  if (response.status === 404) throw new HttpError(404, `there is no log of container "${container}" of Job ${job}`);
  if (!response.ok || response.body === null)
    throw new HttpError(502, `the system that keeps the logs of Jobs answered ${response.status}`);
  return decoded(response.body);
}

/**
 * Values as parts of an address that cannot lead elsewhere in it: whoever writes AnalysisRuns chooses some of them, and the token opens the
 * logs of every Project.
 */
function asParts(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (value === '.' || value === '..') throw badRequest(`${name} ${JSON.stringify(value)} cannot be part of an address`);
      return [name, encodeURIComponent(value)];
    }),
  );
}

function rendered(what: string, template: string, env: Readonly<Record<string, string>>): string {
  const value = renderTemplate(template, env);
  if (typeof value !== 'string') throw new Error(`${what} of logs of Jobs is no text: the template makes ${typeof value} of it`);
  return value;
}

/** Text in UTF-8 or UTF-16, whichever its first bytes say. */
async function* decoded(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of body) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield rest;
}

function encodingOf([a = 1, b = 1, c = 1, d = 1]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  // Without a mark: Latin text has a zero in every other byte.
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return 'utf-16be';
  return 'utf-8';
}
