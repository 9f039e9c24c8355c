import type { PassResult } from '@kargo/analysis';
import { AnalysisRun } from '@kargo/api';
import { ANALYSIS_EVENT_REASONS, type AnalysisEventReason, type EventRecorder } from '../events/recorder.ts';

const PHASES_TO_WARN_OF: ReadonlySet<string> = new Set(['Failed', 'Error']);

/** Tells what a pass changed: every phase of a metric or of the run, and likely mistakes in its specification. */
export async function recordPass(run: AnalysisRun, pass: PassResult, events: EventRecorder): Promise<void> {
  for (const warning of pass.warnings) {
    await events.record({
      kind: AnalysisRun,
      about: run,
      reason: 'AnalysisRunQuestionable',
      type: 'Warning',
      message: warning,
    });
  }
  for (const { metric, phase, message } of pass.transitions) {
    const reason = `${metric === undefined ? 'AnalysisRun' : 'Metric'}${phase}`;
    if (!isReason(reason)) continue; // Pending is no news.
    const what = metric === undefined ? 'Analysis run' : `Metric '${metric}'`;
    await events.record({
      kind: AnalysisRun,
      about: run,
      reason,
      type: PHASES_TO_WARN_OF.has(phase) ? 'Warning' : 'Normal',
      message: `${what} is now ${phase}${message === '' ? '' : `: ${message}`}`,
    });
  }
}

function isReason(text: string): text is AnalysisEventReason {
  return (ANALYSIS_EVENT_REASONS as readonly string[]).includes(text);
}
