/** helm-update-chart in previews and under plans: real helm, a real git server, and a real repository of charts. */
import { join } from 'node:path';
import { annotations, type Promotion, type PromotionStep } from '@kargo/api';
import { realHttp, realWorkspaces, type GitRehearsals } from '@kargo/integrations';
import { silentLog } from '@kargo/kube';
import { expect, it } from 'vitest';
import { stepExpressions } from '../context/expressions.ts';
import { PromotionRunner } from '../runner.ts';
import { stepRegistry } from '../steps/registry.ts';
import { GitFixture, REPOSITORY } from '../testing/git-fixture.ts';
import { chartRepository, packedChart, realHelm } from '../testing/helm-fixture.ts';
import { aPromotion, someCollection, someFreight } from '../testing/run-fixture.ts';
import { planAnnotation } from './planned.ts';
import { promotionPreviewer } from './preview-promotion.ts';

it('updated dependencies are previewed as they are then pushed, to the byte', { timeout: 60_000 }, async (context) => {
  const found = await realHelm();
  if ('skipped' in found) {
    console.warn(`skipped: the preview of helm-update-chart: ${found.skipped}`);
    return context.skip(found.skipped);
  }
  const http = realHttp();
  const charts = await chartRepository({
    cache: { '1.0.0': await packedChart(found.helm, 'cache', '1.0.0'), '2.0.0': await packedChart(found.helm, 'cache', '2.0.0') },
  });
  const fixture = await GitFixture.open({
    'app/Chart.yaml': `apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- name: cache # kept\n  version: 1.0.0\n  repository: ${charts.url}\n`,
  });
  try {
    const steps: PromotionStep[] = [
      { uses: 'git-clone', as: 'clone', config: { repoURL: fixture.url, checkout: [{ branch: 'main', path: './src' }] } },
      {
        uses: 'helm-update-chart',
        as: 'update',
        config: { path: './src/app', charts: [{ repository: charts.url, name: 'cache', version: '2.0.0' }] },
      },
      { uses: 'git-commit', as: 'commit', config: { path: './src', messageFromSteps: ['update'] } },
      { uses: 'git-push', as: 'push', config: { path: './src' } },
    ];
    const ports = fixture.ports({ http, renderer: found.renderer });
    const request = (promotion: Promotion) => ({
      promotion,
      freight: someCollection,
      targetFreight: someFreight,
      targetFreightAlias: '',
      freightRequests: [],
      signal: new AbortController().signal,
    });
    const refs = await fixture.server.git(REPOSITORY, 'for-each-ref');
    const preview = await promotionPreviewer({
      registry: stepRegistry(),
      ports,
      rehearsals: fixture.git as unknown as GitRehearsals,
      workspaces: realWorkspaces({ directory: join(fixture.workspace.root, '../previews') }),
      expressions: (client) => stepExpressions({ client }),
    })(request(aPromotion(steps)));
    expect([preview.outcome, preview.message]).toEqual(['Succeeds', undefined]);
    expect(preview.steps[1]?.output).toEqual({
      commitMessage: 'Updated chart dependencies for ./src/app\n\n- cache: 2.0.0',
    });
    const files = preview.steps.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.kind === 'commit' ? (effect.commit.files ?? []) : [])),
    );
    expect(files.map(({ path, change, binary }) => [path, change, binary === true])).toEqual([
      ['app/Chart.lock', 'added', false],
      ['app/Chart.yaml', 'modified', false],
      ['app/charts/cache-2.0.0.tgz', 'added', true],
    ]);
    expect(await fixture.server.git(REPOSITORY, 'for-each-ref')).toBe(refs);

    const { metadata, ...rest } = aPromotion(steps);
    const planned = { ...metadata, annotations: { [annotations.plan]: planAnnotation(preview.basis) } };
    const { status } = await new PromotionRunner({
      registry: stepRegistry(),
      ports,
      expressions: stepExpressions({ client: ports.client }),
    }).run({
      ...request({ ...rest, metadata: planned }),
      workspace: fixture.workspace,
      fresh: false,
      status: { phase: 'Running' },
      persist: async () => undefined,
      log: silentLog,
    });
    expect([status.phase, status.message]).toEqual(['Succeeded', undefined]);
    expect((await fixture.server.git(REPOSITORY, 'rev-parse', 'main^{tree}')).trim()).toBe(preview.basis.trees[0]?.tree);
  } finally {
    http.close();
    await charts.close();
    await fixture.close();
  }
});
