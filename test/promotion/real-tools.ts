/** What tests of promotions with real git over HTTP and real kustomize stand on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTools, realGit, realProcesses, realRenderer, type RenderTools } from '@kargo/integrations';
import { startGitServer, type GitServer } from '@kargo/integrations/testing';
import { systemClock, systemRandom, type Client } from '@kargo/kube';
import type { StepPorts } from '@kargo/promotion';
import { afterAll, beforeAll } from 'vitest';
import { ensureTools } from '../../scripts/tools.ts';

/** Of one test file; filled before its first test. */
export interface RealTools {
  tools: RenderTools;
  /** Why there is nothing to be tested here. */
  skipped: string | undefined;
  server: GitServer;
  folder: string;
  /** Ports of steps that use git and render, over a client. */
  ports(client: Client): StepPorts & { git: ReturnType<typeof realGit> };
}

/** Tools, a git server and a folder for the tests of the file it is called in. `what` is told where the tools are missing. */
export function useRealTools(what: string): RealTools {
  const real = {
    skipped: undefined,
    ports: (client: Client) => ({
      clock: systemClock,
      random: systemRandom,
      client,
      git: realGit({ processes: realProcesses(), clock: systemClock, directory: join(real.folder, 'mirrors') }),
      renderer: realRenderer({ processes: realProcesses(), tools: real.tools }),
      pullRequests: {} as never,
      githubCommits: {} as never,
      registries: {} as never,
      http: {} as never,
      credentials: { find: async () => undefined },
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    }),
  } as unknown as RealTools;
  beforeAll(async () => {
    const { directory, skipped } = await ensureTools();
    real.tools = await findTools({ directories: [directory] });
    if (real.tools.kubectl === undefined && real.tools.kustomize === undefined) {
      real.skipped = skipped ?? 'neither kustomize nor kubectl is here';
      console.warn(`skipped: ${what}: ${real.skipped}`);
    }
    real.server = await startGitServer();
    real.folder = await mkdtemp(join(tmpdir(), 'real-tools-'));
  });
  afterAll(async () => {
    await real.server?.close();
    await rm(real.folder, { recursive: true, force: true });
  });
  return real;
}
