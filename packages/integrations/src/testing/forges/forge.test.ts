/** The providers of the tests understand only what the real ones document, and say no in their words. */
import { afterEach, describe, expect, it } from 'vitest';
import { FORGE_CASES, openForge, type OpenForge } from './providers.ts';

let world: OpenForge | undefined;
afterEach(() => world?.dispose());

/** What each provider takes to open a pull request; which of the fields must be there; how it words an error. */
const OPENING: Readonly<Record<string, { path: string; body: object; required: string; said: (json: never) => unknown }>> = {
  GitHub: {
    path: '/api/v3/repos/team/demo/pulls',
    body: { title: 'T', head: 'other', base: 'main' },
    required: 'base',
    said: ({ message, errors, documentation_url: url }: { message: string; errors: object[]; documentation_url: string }) =>
      errors.length === 1 && url !== '' && message,
  },
  GitLab: {
    path: '/api/v4/projects/team%2Fsub%2Fdemo/merge_requests',
    body: { title: 'T', source_branch: 'other', target_branch: 'main' },
    required: 'target_branch',
    said: ({ error }: { error: string }) => error,
  },
  Gitea: {
    path: '/api/v1/repos/team/demo/pulls',
    body: { title: 'T', head: 'other', base: 'main' },
    required: 'base',
    said: ({ message, url }: { message: string; url: string }) => url !== '' && message,
  },
  'Bitbucket Cloud': {
    path: '/2.0/repositories/team/demo/pullrequests',
    body: { title: 'T', source: { branch: { name: 'other' } }, destination: { branch: { name: 'main' } } },
    required: 'source',
    said: ({ type, error }: { type: string; error: { message: string; fields: object } }) =>
      type === 'error' && Object.keys(error.fields).length === 1 && error.message,
  },
  'Bitbucket Data Center': {
    path: '/bitbucket/rest/api/latest/projects/TEAM/repos/demo/pull-requests',
    body: { title: 'T', fromRef: refOf('other'), toRef: refOf('main') },
    required: 'toRef',
    said: ({ errors }: { errors: { message: string; context: string }[] }) => errors[0]?.context !== '' && errors[0]?.message,
  },
  'Azure DevOps': {
    path: '/team/my%20project/_apis/git/repositories/demo/pullrequests?api-version=7.1',
    body: { title: 'T', sourceRefName: 'refs/heads/other', targetRefName: 'refs/heads/main' },
    required: 'targetRefName',
    said: ({ typeKey, message }: { typeKey: string; message: string }) => typeKey !== '' && message,
  },
};

function refOf(branch: string): object {
  return { id: `refs/heads/${branch}`, repository: { slug: 'demo', project: { key: 'TEAM' } } };
}

describe.each(FORGE_CASES)('$name', (given) => {
  it('refuses unknown fields, wrong types, missing fields, wrong methods and unknown parameters', async () => {
    world = await openForge(given);
    const { base } = world;
    const { path, body, required, said } = OPENING[given.name]!;
    const [header, value] = given.authorization;
    const ask = async (method: string, sent: object | undefined, at = path): Promise<[number, string]> => {
      const answer = await fetch(`${base}${at}`, {
        method,
        headers: { [header]: value, 'content-type': 'application/json' },
        ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      });
      const text = await answer.text();
      return [answer.status, answer.status < 300 ? '' : String(said(JSON.parse(text) as never))];
    };
    const { [required]: _, ...incomplete } = body as Record<string, unknown>;
    const { invalid, wrongMethod } = given.errors;
    expect(await ask('POST', { ...body, colour: 'red' })).toEqual([invalid, expect.stringMatching(/colour|Validation/)]);
    expect(await ask('POST', { ...body, title: 7 })).toEqual([invalid, expect.stringMatching(/title|Validation/)]);
    expect(await ask('POST', incomplete)).toEqual([invalid, expect.stringMatching(new RegExp(`${required}|Validation`))]);
    expect((await fetch(`${base}${path}`, { method: 'DELETE', headers: { [header]: value } })).status).toBe(wrongMethod);
    const unknown = `${path}${path.includes('?') ? '&' : '?'}colour=red`;
    expect((await fetch(`${base}${unknown}`, { headers: { [header]: value } })).status).toBe(invalid);
    expect(world.forge.pulls).toEqual([]);
    expect(await ask('POST', body)).toEqual([201, '']);
  });
});
