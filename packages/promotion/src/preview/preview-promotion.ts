import { createHash } from 'node:crypto';
import type {
  FreightCollection,
  FreightReference,
  FreightRequest,
  Json,
  Promotion,
  PromotionStatus,
  PromotionStep,
} from '@kargo/api';
import type { GitRehearsals, RehearsedEffect, Workspaces } from '@kargo/integrations';
import { silentLog, timestamp, type Client, type Clock } from '@kargo/kube';
import { ConfigValidator } from '../config/validate.ts';
import type { Expressions } from '../context/scope.ts';
import { planSteps, type StepPlan, type StepRegistry } from '../engine/plan.ts';
import { entryOf } from '../engine/status.ts';
import { PromotionRunner } from '../runner.ts';
import type { StepPorts } from '../step.ts';
import { basisOf } from './basis.ts';
import {
  PREVIEW_API_VERSION,
  PREVIEW_KIND,
  type PreviewBasis,
  type PreviewEffect,
  type PreviewGate,
  type PreviewOutcome,
  type PreviewStep,
  type PromotionPreview,
} from './document.ts';
import { gitEffects } from './git-effects.ts';
import { harmlessPorts } from './harmless-ports.ts';
import { manifestChanges } from './manifests.ts';
import { recordingClient } from './recording-client.ts';
import { bounded, recordingRequests } from './recording-requests.ts';
import { rehearsedGitHub } from './rehearsed-github.ts';
import { RehearsedSteps, type Rehearsed } from './rehearsed-steps.ts';
import { SecretsSeen, watchedCredentials } from './secrets.ts';
import { requestDigest } from './sent-requests.ts';

/** Characters of an output, as JSON, that are told. */
const MAX_OUTPUT = 64 * 1024;

export interface PreviewRequest {
  /** As it would be created: its steps and variables. Its name is taken for the name of the promotion. */
  promotion: Promotion;
  freight: FreightCollection;
  targetFreight: FreightReference;
  targetFreightAlias: string;
  freightRequests: readonly FreightRequest[];
  /** What would keep it from running now. */
  gates?: readonly PreviewGate[] | undefined;
  signal: AbortSignal;
}

export interface PreviewDeps {
  registry: StepRegistry;
  /** The real ports. Nothing is written through them. */
  ports: StepPorts;
  rehearsals: GitRehearsals;
  /** For throw-away workspaces. Ids begin with `preview-`. */
  workspaces: Workspaces;
  /** The expressions of steps over a client. */
  expressions(client: Client): Expressions;
  /** Checks configurations. Default: one of its own. */
  validator?: ConfigValidator | undefined;
}

/**
 * What a promotion would do if it ran now: the same runner and the same steps, on copies of the remotes and a client that writes nothing.
 * Trees of commits are exactly those that the promotion will make, as long as nothing it stands on changes. No secret is in the result.
 * Fails only if there can be no preview at all, e.g. when no workspace can be made; failures of steps are part of it.
 */
export type PromotionPreviewer = (request: PreviewRequest) => Promise<PromotionPreview>;

/** Makes previews with these ports; any number of them at the same time. */
export function promotionPreviewer(deps: PreviewDeps): PromotionPreviewer {
  const validator = deps.validator ?? new ConfigValidator();
  return (request) => previewPromotion(request, deps, validator);
}

async function previewPromotion(
  request: PreviewRequest,
  deps: PreviewDeps,
  validator: ConfigValidator,
): Promise<PromotionPreview> {
  const { ports, workspaces } = deps;
  const id = `preview-${createHash('sha256').update(`${ports.random.next()}`).digest('hex').slice(0, 24)}`;
  const { workspace } = await workspaces.open(id);
  try {
    const { workspace: copies } = await workspaces.open(`${id}-git`);
    const secrets = new SecretsSeen();
    const pending: PreviewEffect[] = [];
    const record = (effect: PreviewEffect): void => void pending.push(effect);
    const rehearsal = deps.rehearsals.rehearse({ directory: copies.root });
    const pushes: Extract<RehearsedEffect, { kind: 'push' }>[] = [];
    const told = new Set<string>();
    const effects = async (): Promise<PreviewEffect[]> => {
      const git = await rehearsal.take();
      pushes.push(...git.filter((effect) => effect.kind === 'push'));
      return [...gitEffects(git, told, secrets), ...pending.splice(0)];
    };
    const client = recordingClient(ports.client, record, secrets);
    const steps = new RehearsedSteps(deps.registry, deps.expressions(client), effects, validator);
    const promotion = withoutRetries(request.promotion);
    const plans = planSteps(promotion.spec.steps, steps.registry);
    const runner = new PromotionRunner({
      registry: steps.registry,
      expressions: steps.expressions,
      validator,
      ports: harmlessPorts(
        ports,
        {
          clock: impatient(ports.clock),
          client,
          ...rehearsedGitHub(rehearsal.git),
          http: recordingRequests(ports.http, record),
          credentials: watchedCredentials(ports.credentials, secrets),
        },
        record,
      ),
    });
    const end = await runner.run({
      ...request,
      promotion,
      status: { phase: 'Running' },
      workspace,
      fresh: false,
      persist: async () => undefined,
      log: silentLog,
    });
    if (end.kind === 'interrupted') request.signal.throwIfAborted();
    const shown = plans.map((plan) => stepOf(plan, end.status, steps.steps.get(plan.alias), secrets));
    const { outcome, message } = overall(shown, end.status, secrets);
    const { metadata, spec } = request.promotion;
    return {
      apiVersion: PREVIEW_API_VERSION,
      kind: PREVIEW_KIND,
      project: metadata.namespace ?? '',
      stage: spec.stage,
      freight: {
        name: request.targetFreight.name ?? '',
        ...(request.targetFreightAlias === '' ? {} : { alias: request.targetFreightAlias }),
      },
      generatedAt: timestamp(ports.clock.now()),
      outcome,
      ...(message === undefined ? {} : { message }),
      gates: [...(request.gates ?? [])],
      steps: shown,
      manifests: manifestChanges(pushes, secrets),
      basis: basisOf(request, shown, rehearsal, pushes, await digested(steps.steps, request)),
    };
  } finally {
    await workspaces.remove(`${id}-git`);
    await workspaces.remove(id);
  }
}

async function digested(
  steps: ReadonlyMap<string, Rehearsed>,
  request: PreviewRequest,
): Promise<NonNullable<PreviewBasis['requests']>> {
  const sent = [...steps].flatMap(([step, { requests }]) => requests.map((one) => ({ step, one })));
  return Promise.all(
    sent.map(async ({ step, one }) => ({ step, subject: one.subject, digest: await requestDigest(one, request) })),
  );
}

/** Steps are tried once: what would be tried again is told as a failure, with the reason. */
function withoutRetries(promotion: Promotion): Promotion {
  const steps = promotion.spec.steps.map(({ retry, ...step }): PromotionStep => {
    const { timeout } = retry ?? {};
    return { ...step, ...(timeout === undefined ? {} : { retry: { timeout } }) };
  });
  return { ...promotion, spec: { ...promotion.spec, steps } };
}

/** A clock on which pauses take no time. */
function impatient(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    setTimer: (at, fire) => clock.setTimer(at, fire),
    sleep: async (_ms, options) => {
      options?.signal?.throwIfAborted();
    },
  };
}

function stepOf(plan: StepPlan, status: PromotionStatus, rehearsed: Rehearsed | undefined, secrets: SecretsSeen): PreviewStep {
  const entry = entryOf(status, plan.alias);
  const outcome = outcomeOf(entry?.status, rehearsed);
  const message = messageOf(outcome, entry?.message, rehearsed);
  const output = outcome === 'Unknown' ? undefined : boundedOutput(rehearsed?.result?.output, secrets);
  const unknown = (rehearsed?.unknown ?? []).map((text) => secrets.hide(text));
  return {
    alias: plan.alias,
    uses: plan.uses,
    outcome,
    ...(message === undefined ? {} : { message: secrets.hide(message) }),
    ...(unknown.length === 0 ? {} : { unknown }),
    ...(output === undefined ? {} : { output }),
    effects: (rehearsed?.effects ?? []).map((effect) => hidden(effect, secrets)),
  };
}

function outcomeOf(status: string | undefined, rehearsed: Rehearsed | undefined): PreviewOutcome {
  if (rehearsed !== undefined && rehearsed.error === undefined && rehearsed.unknown.length > 0) return 'Unknown';
  if (status === 'Skipped' || status === undefined) return 'Skipped';
  if (status !== 'Succeeded') return 'Fails';
  return rehearsed?.result?.status === 'Running' ? 'Waits' : 'Succeeds';
}

function messageOf(outcome: PreviewOutcome, message: string | undefined, rehearsed: Rehearsed | undefined): string | undefined {
  if (outcome === 'Waits') {
    const { waitingFor, message: own } = rehearsed?.result ?? {};
    return `then waits for ${waitingFor ?? own ?? 'something outside'}`;
  }
  return rehearsed?.error ?? (message === '' ? undefined : message);
}

function boundedOutput(output: Record<string, Json> | undefined, secrets: SecretsSeen): Json | undefined {
  if (output === undefined) return undefined;
  // As it would be stored: plain JSON.
  const plain = JSON.parse(JSON.stringify(output)) as Json;
  const shown = secrets.hideIn(plain);
  const size = JSON.stringify(shown).length;
  return size <= MAX_OUTPUT ? shown : `(${size} characters of JSON, too much to be shown)`;
}

/** The texts of an effect without secrets; those of git come without. */
function hidden(effect: PreviewEffect, secrets: SecretsSeen): PreviewEffect {
  switch (effect.kind) {
    case 'commit':
    case 'push':
      return { ...effect, repository: secrets.hide(effect.repository) };
    case 'http': {
      const { body, ...rest } = effect;
      const shown = secrets.hideIn(rest as unknown as Json) as unknown as typeof rest;
      return { ...shown, size: effect.size, ...(body === undefined ? {} : { body: bounded(secrets.hide(body)) }) };
    }
    default:
      return secrets.hideIn(effect as unknown as Json) as unknown as PreviewEffect;
  }
}

function overall(
  steps: readonly PreviewStep[],
  status: PromotionStatus,
  secrets: SecretsSeen,
): { outcome: PreviewOutcome; message?: string | undefined } {
  if (status.phase !== 'Succeeded') return { outcome: 'Fails', message: secrets.hide(status.message ?? '') };
  if (steps.some(({ outcome }) => outcome === 'Unknown')) return { outcome: 'Unknown' };
  return { outcome: steps.some(({ outcome }) => outcome === 'Waits') ? 'Waits' : 'Succeeds' };
}
