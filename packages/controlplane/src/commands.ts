import type { CommandDefinition, CommandEntry } from '@kargo/cli';

/** The commands about the control plane itself. The program itself starts `up`. */
export const controlPlaneCommands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'start Kargo in this process: API, controllers, analysis, GitOps agent and store',
    load: () => Promise.reject(new Error('programmer error: kargo up is not run through the command line')),
  },
  {
    name: 'controller',
    summary: 'run the controllers alone, against an API elsewhere',
    load: async (): Promise<CommandDefinition> => (await import('./commands/controller.ts')).controller,
  },
  {
    name: 'server',
    summary: 'serve the REST API and the UI over the API of a cluster',
    load: async (): Promise<CommandDefinition> => (await import('./commands/server.ts')).server,
  },
  {
    name: 'webhooks',
    summary: 'serve the admission webhooks of a cluster',
    load: async (): Promise<CommandDefinition> => (await import('./commands/webhooks.ts')).webhooks,
  },
  {
    name: 'manifests',
    summary: 'print what an installation on a cluster consists of',
    load: async (): Promise<CommandDefinition> => (await import('./commands/manifests.ts')).manifests,
  },
  {
    name: 'backup',
    summary: 'write all data of a control plane, running or not, to a file',
    load: async (): Promise<CommandDefinition> => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'make a data folder from a backup',
    load: async (): Promise<CommandDefinition> => (await import('./commands/restore.ts')).restore,
  },
  {
    name: 'client-certificate',
    summary: 'print a kubeconfig with a certificate for a user of the embedded API',
    load: async (): Promise<CommandDefinition> => (await import('./commands/client-certificate.ts')).clientCertificateCommand,
  },
  {
    name: 'rotate-key',
    summary: 'encrypt all stored Secrets anew with a new key',
    load: async (): Promise<CommandDefinition> => (await import('./commands/rotate-key.ts')).rotateKey,
  },
];
