import {
  annotations,
  decodeVerificationRequest,
  freightNames,
  isReason,
  withVerification,
  type AnalysisRun,
  type Condition,
  type FreightCollection,
  type ObjectKey,
  type VerificationInfo,
  type VerificationRequest,
} from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { REVERIFY_OF, type RunPurpose } from './build-analysis-run.ts';
import { VerificationBuildError } from './flatten-templates.ts';
import { measuringTrouble } from './measuring-trouble.ts';
import { revokesVerified } from './mark-verified.ts';
import {
  currentCollection,
  currentVerification,
  identity,
  isVerificationTerminal,
  observe,
  stageText,
  type StagePass,
  type StageStep,
} from './pass.ts';

/** How long an AnalysisRun may be left alone before people are told that nothing executes it. */
export const PICK_UP_TIME = 60_000;

export interface VerifyDeps {
  /** Whether something executes AnalysisRuns. */
  analysisAvailable: boolean;
  uuid: () => string;
  buildRun: (purpose: RunPurpose) => Promise<AnalysisRun>;
  /** AnalysisRuns of the Stage for a collection, newest first; not from a cache that may lag behind. */
  findRuns: (project: string, stage: string, collection: string) => Promise<readonly AnalysisRun[]>;
  /** Undefined if it does not exist; not from a cache that may lag behind. */
  getRun: (key: ObjectKey) => Promise<AnalysisRun | undefined>;
  createRun: (run: AnalysisRun) => Promise<AnalysisRun>;
  /** Asks the run to end. */
  terminateRun: (key: ObjectKey) => Promise<void>;
  /** Tells people that the verification of the Freight named `freight` ended. */
  verificationEnded: (event: VerificationEnded) => Promise<void>;
}

export interface VerificationEnded {
  pass: StagePass;
  /** Name of the Freight. */
  freight: string;
  verification: VerificationInfo;
  /** The run, if it could still be read. */
  run?: AnalysisRun | undefined;
  /** The Promotion that deployed the Freight. */
  promotion?: string | undefined;
}

/**
 * Verifies what is deployed in the Stage: starts a verification once the Stage is healthy, follows it, ends it on request, and repeats it
 * on request. `verificationHistory` of the current collection and the condition `Verified` tell how it goes.
 */
export function verify(deps: VerifyDeps): StageStep {
  return async (pass) => {
    const collection = currentCollection(pass.status);
    if (collection === undefined) {
      return observe(pass, 'Verified', 'Unknown', 'NoFreight', 'Nothing has been promoted to the Stage yet');
    }
    if (pass.status.currentPromotion !== undefined) return;
    const latest = currentVerification(pass.status);
    if (latest !== undefined && !isVerificationTerminal(latest)) await follow(deps, pass, latest);
    else {
      if (latest !== undefined) await followAborted(deps, pass, latest);
      await startIfDue(deps, pass, collection, latest);
    }
    reportVerified(pass);
  };
}

async function follow(deps: VerifyDeps, pass: StagePass, latest: VerificationInfo): Promise<void> {
  const abort = request(pass, annotations.abort);
  if (abort !== undefined && abort.id === latest.id) return record(deps, pass, await aborted(deps, pass, latest, abort));
  const reference = latest.analysisRun;
  const run = reference === undefined ? undefined : await deps.getRun(reference);
  if (run === undefined) {
    const what =
      reference === undefined ? 'Its AnalysisRun is not known' : `AnalysisRun ${reference.name} does not exist any more`;
    const message = `${what}; verify again to start a new one`;
    return record(deps, pass, { ...latest, phase: 'Error', message, finishTime: timestamp(pass.now) });
  }
  const next = followed(latest, run, pass.now);
  const since = pass.now - Date.parse(latest.startTime ?? '');
  if (next.analysisRun?.phase === '' && since >= PICK_UP_TIME) {
    next.message = `Nothing has begun with AnalysisRun ${next.analysisRun.name} for a minute; check that its controller runs, and for the same instance id`;
  }
  record(deps, pass, next, run);
}

/** The verification as its run says it is. A run that nobody has looked at yet is pending. */
export function followed(entry: VerificationInfo, run: AnalysisRun, now: number): VerificationInfo {
  const { message: _message, finishTime: _finishTime, ...rest } = entry;
  const phase = run.status?.phase ?? '';
  const said = run.status?.message ?? '';
  const message = phase === '' ? entry.message : said === '' && phase === 'Running' ? measuringTrouble(run) : said;
  const next: VerificationInfo = {
    ...rest,
    phase: phase === '' ? 'Pending' : phase,
    analysisRun: { name: run.metadata.name ?? '', namespace: run.metadata.namespace ?? '', phase },
    ...(message === undefined || message === '' ? {} : { message }),
  };
  return isVerificationTerminal(next) ? { ...next, finishTime: run.status?.completedAt ?? timestamp(now) } : next;
}

async function aborted(
  deps: VerifyDeps,
  pass: StagePass,
  latest: VerificationInfo,
  { actor }: VerificationRequest,
): Promise<VerificationInfo> {
  const ended = { ...latest, finishTime: timestamp(pass.now), ...(actor === undefined ? {} : { actor }) };
  try {
    if (latest.analysisRun !== undefined) await deps.terminateRun(latest.analysisRun);
  } catch (error) {
    if (!isReason(error, 'NotFound')) {
      const why = error instanceof Error ? error.message : String(error);
      return { ...ended, phase: 'Error', message: `Verification could not be aborted: ${why}` };
    }
  }
  return { ...ended, phase: 'Aborted', message: 'Verification aborted by user' };
}

/** The verdict of an aborted verification stands; how its run ends is still shown. */
async function followAborted(deps: VerifyDeps, pass: StagePass, latest: VerificationInfo): Promise<void> {
  const reference = latest.analysisRun;
  if (
    latest.phase !== 'Aborted' ||
    reference === undefined ||
    isVerificationTerminal({ phase: reference.phase } as VerificationInfo)
  )
    return;
  const phase = (await deps.getRun(reference))?.status?.phase;
  if (phase === undefined || phase === reference.phase) return;
  place(pass, { ...latest, analysisRun: { ...reference, phase } });
}

async function startIfDue(
  deps: VerifyDeps,
  pass: StagePass,
  collection: FreightCollection,
  latest: VerificationInfo | undefined,
): Promise<void> {
  const asked = request(pass, annotations.reverify);
  const again = latest !== undefined && asked?.id === latest.id ? asked : undefined;
  if (latest !== undefined && again === undefined) return;
  if (pass.status.health?.status !== 'Healthy') return;

  const started = timestamp(pass.now);
  const entry: VerificationInfo = {
    id: deps.uuid(),
    ...(again?.actor === undefined ? {} : { actor: again.actor }),
    startTime: started,
    phase: 'Pending',
  };
  if (pass.stage.spec.verification === undefined) {
    return record(deps, pass, { ...entry, phase: 'Successful', finishTime: started });
  }
  if (!deps.analysisAvailable) {
    const message = 'Nothing here executes AnalysisRuns: switch the integration with Argo Rollouts, or the embedded engine, on';
    return record(deps, pass, { ...entry, phase: 'Error', message, finishTime: started });
  }
  const run = await obtainRun(deps, pass, collection, again);
  if ('problem' in run) return record(deps, pass, { ...entry, phase: 'Error', message: run.problem, finishTime: started });
  record(deps, pass, followed(entry, run.run, pass.now), run.run);
}

/**
 * The run that an earlier, interrupted pass created for the same purpose, or a new one. What only a person can put right is returned as
 * a problem; what may pass by itself is thrown, to be tried again.
 */
async function obtainRun(
  deps: VerifyDeps,
  pass: StagePass,
  collection: FreightCollection,
  again: VerificationRequest | undefined,
): Promise<{ run: AnalysisRun } | { problem: string }> {
  const { name: stage, project } = identity(pass);
  const promotion = pass.status.lastPromotion?.name;
  const runs = collection.id === '' ? [] : await deps.findRuns(project, stage, collection.id);
  const adopted = runs.find(({ metadata }) =>
    again === undefined
      ? metadata.annotations?.[REVERIFY_OF] === undefined && metadata.annotations?.[annotations.promotion] === promotion
      : metadata.annotations?.[REVERIFY_OF] === again.id,
  );
  if (adopted !== undefined) return { run: adopted };

  const named = again === undefined || (again.controlPlane === true && again.actor !== undefined);
  try {
    const run = await deps.buildRun({
      stage: pass.stage,
      collection,
      ...(promotion === undefined || !named ? {} : { promotion }),
      ...(again === undefined ? {} : { reverifies: again.id }),
    });
    return { run: await deps.createRun(run) };
  } catch (error) {
    if (error instanceof VerificationBuildError) return { problem: error.message };
    if (!isReason(error, 'Invalid', 'BadRequest', 'Forbidden', 'NotFound', 'MethodNotAllowed', 'RequestEntityTooLarge'))
      throw error;
    return { problem: `AnalysisRun could not be created: ${error.message}` };
  }
}

/** Puts the verification into the history of the current collection, and tells people when it has ended. */
function record(deps: VerifyDeps, pass: StagePass, verdict: VerificationInfo, run?: AnalysisRun): void {
  const { status } = pass;
  const collection = currentCollection(status);
  if (collection === undefined) return;
  const verification = withSimulationNote(pass, verdict);
  place(pass, verification);
  if (!isVerificationTerminal(verification)) return;
  pass.log.info({ stage: stageText(pass), verification: verification.id, phase: verification.phase }, 'verification ended');
  const promotion = run?.metadata.annotations?.[annotations.promotion] ?? status.lastPromotion?.name;
  for (const freight of freightNames(collection)) {
    pass.afterwards.push(() => deps.verificationEnded({ pass, freight, verification, run, promotion }));
  }
}

/** What passed where nothing real was deployed must say so. */
function withSimulationNote({ status }: StagePass, verdict: VerificationInfo): VerificationInfo {
  const apps = status.health?.argoCDApps ?? [];
  if (verdict.phase !== 'Successful' || apps.length === 0 || !apps.every(({ simulated }) => simulated === true)) return verdict;
  const said = verdict.message === undefined || verdict.message === '' ? '' : `${verdict.message}; `;
  return { ...verdict, message: `${said}${SIMULATED_ONLY}` };
}

const SIMULATED_ONLY = 'passed on simulated destinations only: the health of the workloads was imitated';

/** Puts a verification into the history, in place of an earlier state of it. */
function place({ status }: StagePass, verification: VerificationInfo): void {
  const [collection, ...older] = status.freightHistory ?? [];
  if (collection === undefined) return;
  status.freightHistory = [withVerification(collection, verification), ...older];
  // What was deployed last is shown with the Promotion that did it, its verifications included.
  const shown = status.lastPromotion?.status;
  if (shown?.phase === 'Succeeded' && shown.freightCollection?.id === collection.id) {
    shown.freightCollection = withVerification(shown.freightCollection, verification);
  }
}

function request({ stage }: StagePass, annotation: string): VerificationRequest | undefined {
  return decodeVerificationRequest(stage.metadata.annotations?.[annotation]);
}

const VERDICTS: Readonly<Record<string, readonly [Condition['status'], reason: string, message: string]>> = {
  Pending: ['Unknown', 'VerificationPending', 'The verification of the Freight is about to begin'],
  Running: ['Unknown', 'VerificationRunning', 'The Freight is being verified'],
  Failed: ['False', 'VerificationFailed', 'The verification of the Freight failed'],
  Error: ['False', 'VerificationError', 'The verification of the Freight ended with an error'],
  Aborted: ['False', 'VerificationAborted', 'The verification of the Freight was aborted'],
  Inconclusive: ['Unknown', 'VerificationInconclusive', 'The verification of the Freight came to no conclusion'],
};

/** The condition `Verified`, from the verifications of what is deployed. One that succeeded is enough, unless a later failure revokes it. */
function reportVerified(pass: StagePass): void {
  const history = currentCollection(pass.status)?.verificationHistory ?? [];
  const revoked = history[0]?.phase === 'Failed' && revokesVerified(pass.stage);
  if (!revoked && history.some(({ phase }) => phase === 'Successful')) {
    return observe(pass, 'Verified', 'True', 'Verified', 'The Freight has been verified');
  }
  const [latest] = history;
  if (latest === undefined) {
    const health = pass.status.health?.status ?? 'not known';
    return observe(
      pass,
      'Verified',
      'Unknown',
      'WaitingForVerification',
      `Verification begins once the Stage is healthy; its health is ${health}`,
    );
  }
  const verdict = Object.hasOwn(VERDICTS, latest.phase ?? '') ? VERDICTS[latest.phase ?? ''] : undefined;
  const [status, reason, text] = verdict ?? [
    'Unknown',
    'UnknownVerificationPhase',
    `The verification is in the unknown phase ${latest.phase}`,
  ];
  observe(pass, 'Verified', status, reason, latest.message === undefined ? text : `${text}: ${latest.message}`);
}
