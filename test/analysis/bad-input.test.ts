/** Bad input, over whole runs on virtual time: each ends with its cause, within the limits that it was given, and none is ever stuck. */
import type { AnalysisRunSpec } from '@kargo/api';
import { HttpError, type Http } from '@kargo/integrations';
import { afterEach, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;
afterEach(async () => {
  expect(world.defects()).toEqual([]);
  await world.close();
});

type Send = Http['send'];
const answer =
  (body: string, status = 200, type = 'application/json'): Send =>
  () =>
    Promise.resolve({ status, headers: { 'content-type': type }, body: new TextEncoder().encode(body) });
const web = (rest: object = {}, spec: Partial<AnalysisRunSpec> = {}): AnalysisRunSpec => ({
  metrics: [
    { name: 'm', successCondition: 'result < 1', provider: { web: { url: 'http://metrics', jsonPath: '{$.v}' } }, ...rest },
  ],
  ...spec,
});

interface Case {
  name: string;
  spec: AnalysisRunSpec;
  send?: Send;
  /** Seconds within which it must have ended. */
  within: number;
  phase: string;
  message: RegExp;
}

it.each<Case>([
  {
    name: 'an argument that nobody gives',
    spec: web({ successCondition: 'result < {{args.limit}}' }, { args: [{ name: 'limit' }] }),
    within: 1,
    phase: 'Error',
    message: /Unable to resolve metric arguments: argument "limit" was not supplied/,
  },
  {
    name: 'a placeholder that nobody declares',
    spec: web({ successCondition: 'result < {{args.limit}}' }),
    within: 1,
    phase: 'Error',
    message: /Unable to resolve metric arguments: failed to resolve \{\{args\.limit\}\}/,
  },
  {
    name: 'a secret that is not there',
    spec: web({}, { args: [{ name: 'x', valueFrom: { secretKeyRef: { name: 'gone', key: 'k' } } }] }),
    within: 1,
    phase: 'Error',
    message: /secrets "gone" not found/,
  },
  {
    name: 'limits that cannot be reached',
    spec: web({ count: 3, interval: '10s', failureLimit: 2, consecutiveSuccessLimit: 2 }),
    within: 1,
    phase: 'Error',
    message: /count \(3\) must be >= failureLimit \+ consecutiveSuccessLimit \(2 \+ 2\)/,
  },
  {
    name: 'a condition that is no expression',
    spec: web({ successCondition: 'result <' }),
    send: answer('{"v":0}'),
    within: 60,
    phase: 'Error',
    message: /could not evaluate successCondition "result <"/,
  },
  {
    name: 'a condition that compares what cannot be compared',
    spec: web({ successCondition: 'result < 1' }),
    send: answer('{"v":"many"}'),
    within: 60,
    phase: 'Error',
    message: /mismatched types string and int/,
  },
  {
    name: 'a condition that can be neither true nor false',
    spec: web({ successCondition: 'result + 1' }),
    send: answer('{"v":0}'),
    within: 60,
    phase: 'Error',
    message: /expected bool/,
  },
  {
    name: 'a server that never answers, behind a client that does not give up',
    spec: web({ consecutiveErrorLimit: 1 }),
    send: () => new Promise(() => undefined),
    within: 2 * 120 + 20,
    phase: 'Error',
    message: /the measurement did not end within 120 s/,
  },
  {
    name: 'a server that is out of reach',
    spec: web(),
    send: () => Promise.reject(new HttpError('unreachable', 'GET http://metrics: connection refused')),
    within: 60,
    phase: 'Error',
    message: /consecutiveErrors \(5\) > consecutiveErrorLimit \(4\): "Error Message: GET http:\/\/metrics: connection refused/,
  },
  { name: 'a server that answers 503', spec: web(), send: answer('busy', 503), within: 60, phase: 'Error', message: /503/ },
  {
    name: 'a page of HTML, which is a text like any other for web',
    spec: web(),
    send: answer('<html>sign in</html>', 200, 'text/html'),
    within: 60,
    phase: 'Error',
    message: /mismatched types string and int/,
  },
  {
    name: 'gigabytes',
    spec: web(),
    send: () => Promise.reject(new HttpError('tooLarge', 'GET http://metrics: the answer has more than 1 MiB')),
    within: 60,
    phase: 'Error',
    message: /more than 1 MiB/,
  },
  {
    name: 'NaN, which is not less than one',
    spec: {
      metrics: [
        { name: 'm', successCondition: 'result[0] < 1', provider: { prometheus: { address: 'http://metrics', query: 'x' } } },
      ],
    },
    send: answer('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"NaN"]}]}}'),
    within: 1,
    phase: 'Failed',
    message: /failed \(1\) > failureLimit \(0\)/,
  },
  {
    name: 'a Job where nothing runs any',
    spec: { metrics: [{ name: 'm', provider: { job: { spec: { template: { spec: { containers: [{ name: 'c' }] } } } } } }] },
    within: 1,
    phase: 'Error',
    message: /it cannot be measured here: "Error Message: no job executor available in embedded mode/,
  },
  {
    name: 'a provider that is not there',
    spec: { metrics: [{ name: 'm', provider: { plugin: { 'acme/check': {} } } }] },
    within: 1,
    phase: 'Error',
    message: /plugin acme\/check is not available here/,
  },
])('$name ends the run as $phase within $within s, with the cause', async ({ spec, send, within, phase, message }) => {
  world = new World([], send);
  await world.start({ executor: false });
  await world.create(spec);
  await world.clock.advanceBy(within * 1000);
  const { status } = await world.run();
  expect(status?.phase).toBe(phase);
  expect(status?.message).toMatch(message);
  expect(status?.completedAt).toBeDefined();
});
