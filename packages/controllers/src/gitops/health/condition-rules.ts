/** Rules of kinds that say by conditions how they are. */
import { behind, conditions, degraded, healthy, progressing, type Condition, type Rule } from './rule.ts';

const HPA_FAILURES = /^(FailedGetScale|FailedUpdateScale|FailedGet.*Metric.*|InvalidSelector|InvalidMetricSourceType)$/;

function is({ type, status }: Condition, name: string, value: 'True' | 'False'): boolean {
  return type === name && status === value;
}

export const horizontalAutoscaler: Rule = (object) => {
  const all = conditions(object);
  const failed = all.find(
    ({ type, reason }) => ['AbleToScale', 'ScalingActive'].includes(type) && HPA_FAILURES.test(reason ?? ''),
  );
  if (failed !== undefined) return degraded(failed.message);
  const works = all.find((each) => is(each, 'AbleToScale', 'True') || is(each, 'ScalingLimited', 'True'));
  return works === undefined ? progressing('Waiting to autoscale') : { status: 'Healthy', message: works.message };
};

export const apiService: Rule = (object) => {
  const available = conditions(object).find(({ type }) => type === 'Available');
  if (available === undefined) return progressing('Waiting to be processed');
  return available.status === 'True' ? healthy : progressing(available.message ?? 'not available');
};

export const disruptionBudget: Rule = (object) => {
  const all = conditions(object);
  if (all.length === 0) return progressing('Waiting for status');
  const failed = all.find(({ status, reason }) => status === 'False' && reason !== 'InsufficientPods');
  return failed === undefined ? healthy : degraded(failed.message);
};

export const customResourceDefinition: Rule = (object) => {
  const all = conditions(object);
  const found = (name: string): Condition | undefined => all.find(({ type }) => type === name);
  if (all.length === 0) return progressing('Status conditions not found');
  if (found('Terminating')?.status === 'True') return progressing('CRD is terminating');
  if (found('NamesAccepted')?.status === 'False') return degraded(found('NamesAccepted')?.message);
  if (found('Established')?.reason === 'Installing') return progressing('CRD is being installed');
  if (found('NonStructuralSchema')?.status === 'True') return degraded(found('NonStructuralSchema')?.message);
  return found('Established')?.status === 'True' ? healthy : degraded('CRD is not established');
};

/** The convention most operators keep to: `Ready`. For kinds without a rule of their own, where it is asked for. */
export const readyConvention: Rule = (object) => {
  const all = conditions(object);
  if (all.some((each) => is(each, 'Issuing', 'True'))) return progressing('a certificate is being issued');
  const ready = all.find(({ type }) => type === 'Ready');
  if (object.status?.['observedGeneration'] !== undefined && behind(object))
    return progressing('the newest specification is not observed yet');
  if (ready?.status === 'True') return healthy;
  return ready?.status === 'False' ? degraded(ready.message) : progressing(ready?.message ?? 'not ready yet');
};
