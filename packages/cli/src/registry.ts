import type { CommandEntry } from './command.ts';

/** The commands of `kargo`, in the order in which its help lists them. */
export const rootCommands: readonly CommandEntry[] = [
  {
    name: 'apply',
    summary: 'create or update objects from files',
    load: async () => (await import('./commands/apply.ts')).apply,
  },
  {
    name: 'approve',
    summary: 'approve Freight for a Stage',
    load: async () => (await import('./commands/approve.ts')).approve,
  },
  {
    name: 'audit',
    summary: 'show who did what',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  {
    name: 'auth',
    summary: 'say who you are, who may do what, and why',
    load: async () => (await import('./commands/access/auth.ts')).auth,
  },
  {
    name: 'completion',
    summary: 'print the script that lets a shell complete command lines',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'config',
    summary: 'show and change settings of this command line',
    load: async () => (await import('./commands/config.ts')).config,
  },
  { name: 'create', summary: 'create objects', load: async () => (await import('./commands/create.ts')).create },
  {
    name: 'dashboard',
    summary: 'open the web UI in a browser',
    load: async () => (await import('./commands/dashboard.ts')).dashboard,
  },
  { name: 'delete', summary: 'delete objects', load: async () => (await import('./commands/delete.ts')).deleteCommand },
  {
    name: 'diff',
    summary: 'show what applying, or promoting, would change',
    load: async () => (await import('./commands/diff/diff.ts')).diff,
  },
  {
    name: 'eval',
    summary: 'evaluate an expression or template',
    load: async () => (await import('./commands/eval.ts')).evalCommand,
  },
  {
    name: 'explain',
    summary: 'say why something does not move, and what would move it',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  { name: 'get', summary: 'show objects', load: async () => (await import('./commands/get.ts')).get },
  {
    name: 'grant',
    summary: 'give a role to people, or permissions to a role',
    load: async () => (await import('./commands/access/grant.ts')).grant,
  },
  {
    name: 'lint',
    summary: 'check manifests without a server',
    load: async () => (await import('./commands/lint.ts')).lint,
  },
  { name: 'login', summary: 'log in to a Kargo API server', load: async () => (await import('./commands/login/login.ts')).login },
  { name: 'logout', summary: 'forget the login', load: async () => (await import('./commands/logout.ts')).logout },
  {
    name: 'logs',
    summary: 'show logs of an AnalysisRun or of a Promotion',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'promote',
    summary: 'promote Freight to a Stage, or abort a Promotion',
    load: async () => (await import('./commands/promote.ts')).promote,
  },
  {
    name: 'receivers',
    summary: 'show webhook receivers and what was delivered to them',
    load: async () => (await import('./commands/receivers.ts')).receivers,
  },
  {
    name: 'refresh',
    summary: 'have a controller look at an object now',
    load: async () => (await import('./commands/refresh.ts')).refresh,
  },
  {
    name: 'revoke',
    summary: 'take a role from people, or permissions from a role',
    load: async () => (await import('./commands/access/grant.ts')).revoke,
  },
  { name: 'update', summary: 'change objects', load: async () => (await import('./commands/update.ts')).update },
  {
    name: 'verify',
    summary: 'run or abort verification of a Stage',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  { name: 'version', summary: 'show versions', load: async () => (await import('./commands/version.ts')).version },
];
