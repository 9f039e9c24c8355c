import { createHash } from 'node:crypto';
import type { StepPorts } from '../step.ts';
import type { PreviewEffect } from './document.ts';
import { AnswerUnknown } from './recording-requests.ts';

/** Methods of ports that only read, by port. Everything else is taken to write. */
const READING: Readonly<Record<string, ReadonlySet<string>>> = {
  clock: new Set(['now', 'setTimer', 'sleep']),
  random: new Set(['next']),
  renderer: new Set(['kustomize', 'helm', 'helmDependencies']),
  registries: new Set(['tags', 'image', 'manifest', 'readBlob']),
  pullRequests: new Set(['list', 'get']),
  githubCommits: new Set(['compare']),
  computations: new Set(['run']),
};

type Recorder = (effect: PreviewEffect) => void;

/**
 * Ports through which nothing can be written, whatever steps there are: methods that are not known to read are recorded, and fail with
 * {@link AnswerUnknown}, or answer what they are sure to answer. `own` takes the place of ports that a preview has its own of.
 */
export function harmlessPorts(ports: StepPorts, own: Partial<StepPorts>, record: Recorder): StepPorts {
  const entries = Object.entries({ ...ports }).map(([name, port]: [string, unknown]): [string, unknown] => {
    if (typeof port === 'function') return [name, (...args: unknown[]) => refuse(name, 'call', args, record)];
    return [name, typeof port === 'object' && port !== null ? guarded(name, port, record) : port];
  });
  return { ...(Object.fromEntries(entries) as unknown as StepPorts), ...own };
}

function guarded(name: string, port: object, record: Recorder): object {
  return new Proxy(port, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function' || typeof property !== 'string') return value;
      if (READING[name]?.has(property) === true) return value.bind(target) as unknown;
      return (...args: unknown[]) => refuse(name, property, args, record);
    },
  });
}

async function refuse(port: string, method: string, args: readonly unknown[], record: Recorder): Promise<unknown> {
  const [first, second, third] = args as { [key: string]: unknown }[];
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  switch (`${port}.${method}`) {
    case 'registries.copyBlob':
      return 'copied';
    case 'registries.putManifest': {
      record({ kind: 'artifact', reference: `${text(first?.['repository'])}:${text(second)}` });
      const content = third?.['content'];
      return `sha256:${createHash('sha256')
        .update(content instanceof Uint8Array ? content : text(content))
        .digest('hex')}`;
    }
    case 'pullRequests.create':
      record({
        kind: 'pullRequest',
        repository: text(first?.['url']),
        title: text(second?.['title']),
        body: text(second?.['description']),
        source: text(second?.['sourceBranch']),
        target: text(second?.['targetBranch']),
      });
      break;
    case 'pullRequests.update':
      record({
        kind: 'other',
        description: `update pull request ${text(second)} of ${text(first?.['url'])}: ${text(third?.['title'])}`,
      });
      break;
    case 'pullRequests.close':
      record({ kind: 'other', description: `close pull request ${text(second)} of ${text(first?.['url'])}: ${text(third)}` });
      break;
    case 'pullRequests.merge':
      record({ kind: 'other', description: `merge pull request ${text(second)} of ${text(first?.['url'])}` });
      break;
    default:
      record({ kind: 'other', description: `${method} of ${port}` });
  }
  throw new AnswerUnknown(`what comes of ${port}.${method} is known only when it has been done`);
}
