/** The `kargo` command: `kargo up` starts everything in this process, every other command is the command line's. */
import { holdStartMemory } from './start-memory.ts';

holdStartMemory();
const args = process.argv.slice(2);
const asksAboutUp = args[0] === 'help' && args[1] === 'up';
if (args[0] === 'up' || asksAboutUp) {
  const { runUp } = await import('./up-command.ts');
  process.exitCode = await runUp(asksAboutUp ? ['--help'] : args.slice(1));
} else {
  const { nodeIO, runCLI } = await import('@kargo/cli');
  const { controlPlaneCommands } = await import('./commands.ts');
  const build = async (): Promise<object> => {
    const [{ buildInfo }, { realProcesses }, { systemClock }] = await Promise.all([
      import('./build-info.ts'),
      import('@kargo/integrations'),
      import('@kargo/kube'),
    ]);
    return buildInfo(import.meta.dirname, { processes: realProcesses(), clock: systemClock, env: process.env })();
  };
  process.exitCode = await runCLI(args, nodeIO(), { commands: controlPlaneCommands, build });
}
