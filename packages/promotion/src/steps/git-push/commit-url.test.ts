import { expect, it } from 'vitest';
import { commitURL } from './commit-url.ts';

it.each([
  ['https://github.com/acme/app.git', undefined, 'https://github.com/acme/app/commit/c0'],
  ['https://user:secret@gitlab.example.com/a/b/c/', undefined, 'https://gitlab.example.com/a/b/c/-/commit/c0'],
  ['git@bitbucket.org:acme/app.git', undefined, 'https://bitbucket.org/acme/app/commits/c0'],
  ['ssh://git@gitea.example.com:2222/acme/app', undefined, 'https://gitea.example.com/acme/app/commit/c0'],
  ['https://dev.azure.com/org/project/_git/repo', undefined, 'https://dev.azure.com/org/project/_git/repo/commit/c0'],
  ['https://org.visualstudio.com/project/_git/repo', undefined, 'https://org.visualstudio.com/project/_git/repo/commit/c0'],
  ['git@ssh.dev.azure.com:v3/org/project/repo', undefined, 'https://dev.azure.com/org/project/_git/repo/commit/c0'],
  [
    'https://git.example.com/bitbucket/scm/team/app.git',
    'bitbucket',
    'https://git.example.com/bitbucket/projects/TEAM/repos/app/commits/c0',
  ],
  ['ssh://git@git.example.com:7999/~ann/app.git', 'bitbucket', 'https://git.example.com/users/ann/repos/app/commits/c0'],
  ['https://acme.ghe.com/acme/app', undefined, 'https://acme.ghe.com/acme/app/commit/c0'],
  ['https://git.example.com/acme/app', 'gitea', 'https://git.example.com/acme/app/commit/c0'],
  ['https://git.example.com/acme/app', undefined, undefined],
  ['/srv/git/app', undefined, undefined],
] as const)('the page of a commit of %s (%s)', (url, provider, want) => {
  expect(commitURL(url, 'c0', provider)).toBe(want);
});
