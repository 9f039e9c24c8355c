import { describe, expect, it } from 'vitest';
import { normalizeChartURL } from './chart-url.ts';
import { normalizeGitURL } from './git-url.ts';
import { normalizeImageURL } from './image-url.ts';

const DIGEST = `sha256:${'0f1e2d3c4b5a6978'.repeat(4)}`;

describe('Git URLs have one form', () => {
  const cases: [given: string, want: string][] = [
    ['https://User:Pw@GitHub.com:443/Acme/Repo.git/', 'https://github.com:443/acme/repo'],
    ['http://github.com/a/b/.git', 'http://github.com/a/b/'],
    ['https://github.com/a/b.git#frag', 'https://github.com/a/b#frag'],
    ['https://github.com/a b', 'https://github.com/a%20b'],
    ['https://git hub.com/a', 'https://git hub.com/a'],
    ['https://github.com/a%2Fb', 'https://github.com/a%2fb'],
    ['https://github.com/a%2fb.git', 'https://github.com/a/b'],
    ['https://github.com/a(b)', 'https://github.com/a(b)'],
    ['https://github.com/a(b).git', 'https://github.com/a%28b%29'],
    ['https://github.com/a/b//', 'https://github.com/a/b/'],
    ['https://github.com/a/b.git.git', 'https://github.com/a/b.git'],
    ['https://github.com/a/../b?', 'https://github.com/a/../b?'],
    ['https://github.com/acme/config.git?ref=x', 'https://github.com/acme/config.git?ref=x'],
    ['https://github.com', 'https://github.com'],
    ['ssh://git@Host.xz:22/a/b.git/', 'ssh://git@host.xz:22/a/b'],
    ['git@host:/abs/b.git', 'ssh://git@host//abs/b'],
    ['git@host:22/a/b', 'ssh://git@host/22/a/b'],
    ['git@host:a:b', 'ssh://git@host'],
    ['github.com/a/b', 'github.com/a/b'],
    ['github.com:a/b.git/', 'ssh://github.com/a/b'],
    ['git.example.com', 'ssh://git.example.com'],
    ['\u200b https://github.com/A/b\t', 'https://github.com/a/b'],
  ];
  it.each(cases)('%s becomes %s', (given, want) => {
    expect(normalizeGitURL(given)).toBe(want);
  });

  it('slashes, .git and user-info make no difference', () => {
    const spellings = ['', 'u@', 'u:p@'].flatMap((user) =>
      ['', '.git'].flatMap((git) => ['', '/'].map((slash) => `https://${user}github.com:8443/a/b${git}${slash}`)),
    );
    expect(new Set(spellings.map(normalizeGitURL))).toEqual(new Set(['https://github.com:8443/a/b']));
  });
});

describe('image URLs have one form', () => {
  const cases: [given: string, want: string][] = [
    ['registry-1.docker.io/busybox', 'busybox'],
    ['docker.io/library/foo/bar', 'foo/bar'],
    ['registry.hub.docker.com/library/busybox', 'registry.hub.docker.com/library/busybox'],
    ['ghcr.io/Acme/web:1.2', 'ghcr.io/acme/web'],
    [`ghcr.io/acme/web:1@${DIGEST}`, 'ghcr.io/acme/web'],
    ['localhost:5000/x/y:tag', 'localhost:5000/x/y'],
    ['localhost/x', 'localhost/x'],
    ['myhost/x', 'myhost/x'],
    ['a//b', 'a//b'],
    ['host.xz:5000', 'host.xz'],
    ['x:', 'x:'],
    ['u@host.xz/img', 'u@host.xz/img'],
    ['ghcr.io/acme/web@sha256:abc', 'ghcr.io/acme/web@sha256:abc'],
    ['[::1]:5000/img', '[::1]:5000/img'],
    ...['busybox', 'library/busybox', 'docker.io/busybox', 'index.docker.io/library/busybox', 'busybox:latest'].map(
      (given): [string, string] => [given, 'busybox'],
    ),
  ];
  it.each(cases)('%s becomes %s', (given, want) => {
    expect(normalizeImageURL(given)).toBe(want);
  });
});

describe('chart URLs have one form', () => {
  const cases: [given: string, want: string][] = [
    ['https://charts.Acme.io/Stable/', 'https://charts.acme.io/stable/'],
    ['https://charts.acme.io:8443', 'https://charts.acme.io'],
    ['https://charts.acme.io:8443/', 'https://charts.acme.io:8443/'],
    ['http://localhost:8080', 'http://localhost'],
    ['OCI://ghcr.io/acme/web', 'ghcr.io/acme/web'],
    ['oci://ghcr.io/acme/web/', 'ghcr.io/acme/web/'],
    ['oci://ghcr.io/acme/web:1.0.0', 'ghcr.io/acme/web'],
    ['oci://docker.io/library/web', 'web'],
    ['oci://localhost:5000/web', 'localhost:5000/web'],
    ['https://charts.acme.io?x=1', 'https://charts.acme.io?x=1'],
  ];
  it.each(cases)('%s becomes %s', (given, want) => {
    expect(normalizeChartURL(given)).toBe(want);
  });
});
