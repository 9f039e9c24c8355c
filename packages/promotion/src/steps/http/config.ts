import type { ConfigSchema } from '../../step.ts';
import { absentText, flag, list, object, optionalText, presentText, text } from '../schema.ts';
import { duration } from './duration.ts';
import { headersSchema, queryParamsSchema, type NamedValue } from './request.ts';

export interface HttpConfig {
  url: string;
  method?: string | undefined;
  headers?: NamedValue[] | undefined;
  queryParams?: NamedValue[] | undefined;
  body?: string | undefined;
  bodyFromFile?: string | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  proxy?: string | undefined;
  timeout?: string | undefined;
  pollInterval?: string | undefined;
  responseContentType?: string | undefined;
  successExpression?: string | undefined;
  failureExpression?: string | undefined;
  errorExpression?: string | undefined;
  outputs?: { name: string; fromExpression: string }[] | undefined;
}

export const httpSchema: ConfigSchema = object(
  {
    url: text('Where to send the request.'),
    method: { type: 'string', description: 'GET if absent.', pattern: '^(DELETE|GET|HEAD|PATCH|POST|PUT)$' },
    headers: headersSchema,
    queryParams: queryParamsSchema,
    body: optionalText('What to send. Exclusive with `bodyFromFile`.'),
    bodyFromFile: text('File of the workspace to send, no larger than 2 MiB. Exclusive with `body`.'),
    insecureSkipTLSVerify: flag('Accept any certificate of the server.'),
    proxy: {
      type: 'string',
      description: 'Proxy for this request; those of the environment if absent.',
      pattern: '^https?://.*$',
    },
    timeout: duration('For the whole request; 10s if absent.'),
    pollInterval: duration('Until the next request while neither criterion is met; 30s if absent.'),
    responseContentType: {
      type: 'string',
      description: 'How to read the answer, whatever it says of itself.',
      pattern: '^(application/json|application/yaml|text/plain)$',
    },
    outputs: list(
      object(
        {
          name: text('Name of the output.'),
          fromExpression: text('Expression over `response` that gives its value.'),
        },
        ['name', 'fromExpression'],
      ),
      'What to take from the answer.',
    ),
    successExpression: optionalText('Expression over `response`: whether the request has succeeded.'),
    failureExpression: optionalText('Expression over `response`: whether it has failed for good.'),
    errorExpression: optionalText('Expression over `response` that says why it has failed.'),
  },
  ['url'],
  {
    title: 'HTTPConfig',
    oneOf: [
      { required: ['body'], properties: { body: { type: 'string', ...presentText }, bodyFromFile: absentText } },
      { required: ['bodyFromFile'], properties: { body: absentText, bodyFromFile: { type: 'string', ...presentText } } },
      { properties: { body: absentText, bodyFromFile: absentText } },
    ],
  },
);
