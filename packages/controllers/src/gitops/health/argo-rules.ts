/** Rules of the kinds of the Argo projects. */
import { degraded, healthy, progressing, numbers, type Rule } from './rule.ts';

export const analysisRun: Rule = (object) => {
  const phase = object.status?.['phase'];
  if (phase === 'Successful') return healthy;
  if (phase === 'Failed' || phase === 'Error') return degraded(`Analysis ${phase}`);
  return phase === 'Inconclusive' ? { status: 'Unknown' } : progressing('Analysis is running');
};

export const rollout: Rule = (object) => {
  const observed = object.status?.['observedGeneration'];
  // Rollouts writes the generation as text.
  const generation = typeof observed === 'string' ? Number(observed) : numbers(object.status)('observedGeneration');
  if ((object.metadata.generation ?? 0) > generation) return progressing('Waiting for rollout spec update to be observed');
  const message = typeof object.status?.['message'] === 'string' ? object.status['message'] : undefined;
  switch (object.status?.['phase']) {
    case 'Healthy':
      return healthy;
    case 'Degraded':
      return degraded(message);
    case 'Paused':
      return { status: 'Suspended', message };
    default:
      return progressing(message ?? 'Rollout is progressing');
  }
};

export const workflow: Rule = (object) => {
  const phase = object.status?.['phase'];
  const message = typeof object.status?.['message'] === 'string' ? object.status['message'] : undefined;
  if (phase === 'Succeeded') return { status: 'Healthy', message };
  return phase === 'Failed' || phase === 'Error' ? degraded(message) : progressing(message ?? 'Workflow is running');
};
