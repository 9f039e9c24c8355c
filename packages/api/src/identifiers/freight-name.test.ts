import { describe, expect, it } from 'vitest';
import { freightName, freightNameInput, type FreightContent } from './freight-name.ts';

const ID = '9f1c2b7d0e3a4f5061728394a5b6c7d8e9f00112';
const D = `sha256:${'0f1e2d3c4b5a6978'.repeat(4)}`;
const Z = '0'.repeat(40);
const of = (name: string, content: Omit<FreightContent, 'origin'> = {}): FreightContent => ({
  origin: { kind: 'Warehouse', name },
  ...content,
});
const web = of('web', {
  commits: [{ repoURL: 'https://github.com/Acme/Deploy.git', tag: 'v1.4.0', id: ID }],
  images: [{ repoURL: 'ghcr.io/acme/web', tag: '1.4.0', digest: D }],
  charts: [{ repoURL: 'https://charts.acme.io', name: 'web', version: '2.1.0' }],
});

describe('a Freight is named after its origin and artifacts', () => {
  it('[S35] artifacts are hashed in a fixed order and form', () => {
    expect(freightNameInput(web)).toBe(
      `Warehouse/web:ghcr.io/acme/web:1.4.0@${D}|https://github.com/acme/deploy:v1.4.0:${ID}|https:/charts.acme.io/web:2.1.0`,
    );
  });

  const cases: [what: string, given: FreightContent, want: string][] = [
    ['one of each', web, '84c0e7199089b7dc10e468812b2e635c8f321bdf'],
    [
      'a commit of a named subscription',
      of('cfg', { commits: [{ repoURL: 'https://github.com/acme/config', id: ID, subscriptionName: 'main-sub' }] }),
      '2a5ee99e476ddf34ff57ba9408909f16f4119942',
    ],
    [
      'an OCI chart',
      of('oci', { charts: [{ repoURL: 'oci://ghcr.io/acme/charts/web', version: '2.1.0' }] }),
      'd37209aef7fab16d646266af5a95ab6c45a6118d',
    ],
    [
      'another artifact',
      of('gen', { artifacts: [{ artifactType: 's3-object', subscriptionName: 'build', version: 'etag-42' }] }),
      '6e1fee8987f05074a1ce66c4118f26f3e66957aa',
    ],
    ['nothing', of('w'), '27fe6a4d90176761691f906e1a4775e8ed991924'],
    [
      'scp-like',
      of('w', { commits: [{ repoURL: 'git@github.com:Acme/Config.git', id: Z }] }),
      '33b45bee91a75a35782e78c1094676f311076a12',
    ],
    [
      'ssh',
      of('w', { commits: [{ repoURL: 'ssh://git@github.com/acme/config', id: Z }] }),
      '33b45bee91a75a35782e78c1094676f311076a12',
    ],
    [
      'user-info',
      of('w', { commits: [{ repoURL: 'https://u:p@github.com/acme/config/', id: Z }] }),
      'cef914ec0b0adc97ddbcd18ee4f9fbde53d37971',
    ],
    [
      'query',
      of('w', { commits: [{ repoURL: 'https://github.com/acme/config.git?ref=x', id: Z }] }),
      '6384ebe7307441a7fb39ad7bb8758905e401ec72',
    ],
    [
      'Docker Hub in full',
      of('w', { images: [{ repoURL: 'docker.io/library/nginx', tag: '1.27', digest: D }] }),
      '371d7a7b51d6b559a395ab49cd391e4fd06f329d',
    ],
    [
      'Docker Hub in short',
      of('w', { images: [{ repoURL: 'nginx', tag: '1.27', digest: D }] }),
      'ba722ca1981ad6e4af27a571aa3b43254d7e2e45',
    ],
    [
      'an image of a named subscription',
      of('w', { images: [{ repoURL: 'nginx', tag: '1.27', digest: D, subscriptionName: 'web' }] }),
      '75b0fbb93e1320797378e330c51941c7a0161758',
    ],
    [
      'a chart and a port',
      of('w', { charts: [{ repoURL: 'https://charts.acme.io:8443', name: 'web', version: '1.0.0' }] }),
      '363c97f0a2acc653abc5563ad3ee42c5a433aa2a',
    ],
    [
      'a chart, a port and a path',
      of('w', { charts: [{ repoURL: 'https://charts.acme.io:8443/stable', name: 'web', version: '1.0.0' }] }),
      'b0397ff13e09b8d793b5cda4607ab62e4a431878',
    ],
    [
      'a chart of a named subscription',
      of('w', {
        charts: [{ repoURL: 'oci://registry-1.docker.io/bitnamicharts/redis', version: '20.0.1', subscriptionName: 'r' }],
      }),
      'bf5662878a428fc7863759891b51923d8e8b965b',
    ],
    [
      'an artifact without a type',
      of('w', { artifacts: [{ artifactType: '', subscriptionName: 's', version: 'v' }] }),
      'bc598d7660b7d3997ace3b1b2e78af7d781f1cb5',
    ],
    [
      'a mixture',
      of('w', {
        commits: [
          { repoURL: 'https://h/b', id: '2' },
          { repoURL: 'https://h/a', tag: 't', id: '1' },
        ],
        images: [{ repoURL: 'Z/z', tag: '1', digest: D }],
        artifacts: [{ artifactType: 't', subscriptionName: 's', version: 'v' }],
      }),
      'fbd9e406219cc4ec94fabd533da89aab207329b2',
    ],
  ];
  it.each(cases)('of %s', (_, given, want) => {
    expect(freightName(given)).toBe(want);
  });

  it('facts about artifacts do not matter, nor does an empty subscription name', () => {
    const [commit] = web.commits ?? [];
    const other = { ...web, commits: [{ ...commit, branch: 'main', message: 'm', author: 'a', subscriptionName: '' }] };
    expect(freightName(other)).toBe(freightName(web));
  });
});
