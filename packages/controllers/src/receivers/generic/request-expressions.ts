/** What expressions of generic receivers can use: the request, parameters of the action, and normal forms of URLs. */
import { normalizeChartURL, normalizeGitURL, normalizeImageURL } from '@kargo/api';
import {
  compile,
  ExprError,
  fromJson,
  hostFunction,
  renderTemplate,
  StructType,
  type HostFunction,
  type Value,
} from '@kargo/expr';
import type { Delivery } from '../delivery.ts';

/** Evaluates the expressions of one action over one request. */
export interface RequestExpressions {
  /** A bare expression; empty is true. Throws `ExprError`, also for what is no boolean. */
  condition(expression: string): boolean;
  /** A text with `${{ }}`. Throws `ExprError`, also for what is no text. */
  text(template: string): string;
}

/** Anybody who knows the URL can have these evaluated. */
const BUDGET = { memory: 200_000, iterations: 1_000_000, stringLength: 1 << 20 } as const;

const requestType: StructType = new StructType(
  'request',
  [{ name: 'Body', json: 'body' }],
  [
    {
      name: 'header',
      signature: { params: ['string'], result: 'string' },
      call: (self, [name]) => first(self.get('headers'), String(name).toLowerCase()),
    },
    {
      name: 'headers',
      signature: { params: ['string'], result: 'list' },
      call: (self, [name]) => all(self.get('headers'), String(name).toLowerCase()),
    },
    {
      name: 'params',
      signature: { params: ['string'], result: 'list' },
      call: (self, [name]) => all(self.get('query'), String(name)),
    },
  ],
);

const functions: Readonly<Record<string, HostFunction>> = {
  normalizeGit: hostFunction('normalizeGit', { params: ['string'], result: 'string' }, ([url]) => normalizeGitURL(String(url))),
  normalizeImage: hostFunction('normalizeImage', { params: ['string'], result: 'string' }, ([url]) =>
    normalizeImageURL(String(url)),
  ),
  normalizeChart: hostFunction('normalizeChart', { params: ['string'], result: 'string' }, ([url]) =>
    normalizeChartURL(String(url)),
  ),
};

/** Expressions over a request whose body is `body`, as JSON. */
export function requestExpressions(
  { headers, query }: Delivery,
  body: unknown,
  parameters: Readonly<Record<string, string>> | undefined,
): RequestExpressions {
  const request = requestType.of({ headers: { ...headers }, query: { ...query }, body: fromJson(body as never) as Value });
  const env = { request, params: { ...parameters } };
  return {
    condition(expression) {
      if (expression.trim() === '') return true;
      const result = compile(expression, { functions, budget: BUDGET, variables: Object.keys(env) }).run(env);
      if (typeof result !== 'boolean') throw new ExprError('run', 'the expression must yield true or false');
      return result;
    },
    text(template) {
      const result = renderTemplate(template, env, { functions, budget: BUDGET });
      if (typeof result !== 'string') throw new ExprError('run', `${JSON.stringify(template)} must yield a text`);
      return result;
    },
  };
}

function first(map: Value, name: string): string {
  return all(map, name)[0] ?? '';
}

function all(map: Value, name: string): string[] {
  const values = map as Readonly<Record<string, string>>;
  return Object.hasOwn(values, name) ? (values[name] ?? '').split(', ') : [];
}
