import { describe, expect, it } from 'vitest';
import { fileNames, identityOfResource } from './file-names.ts';

const resource = (apiVersion: string, kind: string, name: string, namespace?: string): unknown => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});

describe('rendered resources are written to files named', () => {
  it.each([
    [
      'kargo',
      [resource('apps/v1', 'Deployment', 'web'), resource('v1', 'Service', 'Web', 'prod')],
      ['deployment-web.yaml', 'prod-service-web.yaml'],
    ],
    [
      'kustomize',
      [resource('apps/v1', 'Deployment', 'web', 'prod'), resource('v1', 'Service', 'web', 'prod')],
      ['apps_v1_deployment_web.yaml', 'v1_service_web.yaml'],
    ],
    [
      'kustomize',
      [resource('apps/v1', 'Deployment', 'web', 'prod'), resource('v1', 'Service', 'web', 'qa')],
      ['prod_apps_v1_deployment_web.yaml', 'qa_v1_service_web.yaml'],
    ],
    [
      'kargo',
      [resource('v1', 'Event', 'x'), resource('events.k8s.io/v1', 'Event', 'x')],
      ['event-x.yaml', 'event.events.k8s.io-x.yaml'],
    ],
  ] as const)('as %s names them', (format, resources, want) => {
    expect(fileNames(resources.map(identityOfResource), format)).toEqual(want);
  });

  it.each([
    ['kargo', resource('v1', 'ConfigMap', '../../x')],
    ['kargo', resource('v1', 'ConfigMap', 'a\\b')],
    ['kustomize', resource('v1', 'ConfigMap', '/abs')],
  ] as const)('never outside their folder: %s', (format, bad) => {
    expect(() => fileNames([identityOfResource(bad)], format)).toThrow('unsafe generated resource filename');
  });

  it('never the same', () => {
    const twice = [resource('v1', 'ConfigMap', 'x'), resource('v1', 'ConfigMap', 'x')].map(identityOfResource);
    expect(() => fileNames(twice, 'kargo')).toThrow('two rendered resources');
  });
});
