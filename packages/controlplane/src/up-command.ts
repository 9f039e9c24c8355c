import { join } from 'node:path';
import { StoreOpenError } from '@kargo/apiserver';
import { systemClock } from '@kargo/kube';
import { ConfigError, parseUpConfig, UP_HELP, type UpConfig } from './config.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { DataFolderInUseError } from './data-lock.ts';
import { EncryptionKeyError } from './encryption-keys.ts';
import { kubeconfig } from './kubeconfig.ts';
import { ListenError } from './listener.ts';
import { createLog } from './log.ts';
import { writePrivateFile } from './private-file.ts';
import { SecretsError } from './secrets.ts';
import { releaseStartMemory } from './start-memory.ts';

/** `kargo up`: runs until it is told to stop. Returns the exit code. */
export async function runUp(args: readonly string[]): Promise<number> {
  let config: UpConfig | undefined;
  try {
    config = parseUpConfig(args, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Error: ${error.message}\n`);
    return 1;
  }
  if (config === undefined) {
    process.stdout.write(UP_HELP);
    return 0;
  }
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    clock: systemClock,
    write: (line) => process.stderr.write(line),
  });
  for (const problem of config.unknownSettings ?? []) log.warn({ problem }, 'a setting is not known; the default holds');
  const stopping = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
  process.on('unhandledRejection', (reason) => {
    log.error(
      { error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) },
      'a failure nobody was waiting for; please report it',
    );
  });
  let plane: ControlPlane;
  try {
    plane = await startControlPlane({ config, log });
  } catch (error) {
    // Whoever starts it can do something about these in words; only a failure of another kind is for those who made it.
    log.debug({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'the start failed');
    process.stderr.write(`Error: ${startFailure(error, config)}\n`);
    return 1;
  }
  const file = join(config.data, 'kubeconfig');
  await writePrivateFile(file, kubeconfig({ address: plane.address, token: plane.kubeToken, certificate: plane.certificate }));
  const { address, certificate, controllerToken, agentToken } = plane;
  const componentFiles = config.controllers === false ? { controller: controllerToken, 'gitops-agent': agentToken } : {};
  for (const [name, token] of Object.entries(componentFiles))
    await writePrivateFile(join(config.data, `${name}.kubeconfig`), kubeconfig({ address, token, certificate }));
  process.stdout.write(welcome(config, plane, file));
  const keepMemory = releaseStartMemory(systemClock);
  const signal = await stopping;
  keepMemory();
  log.info({ signal }, 'stopping');
  await plane.stop();
  return 0;
}

/** Failures whose messages say themselves what to do. */
const EXPLAINED = [ConfigError, ListenError, DataFolderInUseError, EncryptionKeyError, StoreOpenError, SecretsError];

/** Why the start failed, for the person who started it. */
function startFailure(error: unknown, config: UpConfig): string {
  const message = error instanceof Error ? error.message : String(error);
  const isExplained = EXPLAINED.some((type) => error instanceof type);
  if (isExplained) return message;
  const what = WHAT_TO_DO[(error as NodeJS.ErrnoException | undefined)?.code ?? ''];
  return `cannot start on the data folder ${config.data}: ${what === undefined ? message : `${what} (${message})`}`;
}

/** What the file system says, and what can be done. */
const WHAT_TO_DO: Readonly<Record<string, string>> = {
  EEXIST: 'there is a file in its place: choose a folder with --data',
  ENOTDIR: 'a part of its path is a file: choose another folder with --data',
  EACCES: 'this user may not write there: give the folder to the user that runs Kargo, or choose another with --data',
  EPERM: 'this user may not write there: give the folder to the user that runs Kargo, or choose another with --data',
  EROFS: 'it lies on a file system that is read-only: choose another folder with --data',
  ENOSPC: 'the disk is full: free some room, or choose a folder on another disk with --data',
  EDQUOT: 'the quota of this user is used up: free some room, or choose a folder on another disk with --data',
};

function welcome(config: UpConfig, plane: ControlPlane, kubeconfigFile: string): string {
  const password = plane.generatedPassword;
  return [
    `kargo is listening on ${plane.address}${config.serving?.basePath ?? ''}`,
    `  data         ${config.data}`,
    `  kubectl      kubectl --kubeconfig ${kubeconfigFile} get projects`,
    `  command line kargo login ${plane.address}${config.serving?.basePath ?? ''} --admin`,
    ...(password === undefined ? [] : [`  password     ${password}   (of the admin account; shown only now)`]),
    ...(config.controllers === false
      ? [
          `  controllers  kargo controller --job-executor auto --kubeconfig ${join(config.data, 'controller.kubeconfig')}`,
          `  agent        kargo controller --components gitops-agent --data ./kargo-agent-data --kubeconfig ${join(config.data, 'gitops-agent.kubeconfig')}`,
        ]
      : [`  jobs         ${plane.jobs}`]),
    '',
  ].join('\n');
}
