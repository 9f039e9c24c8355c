import { parseQuantity } from '@kargo/gocompat';
import type { ContainerToRun } from './executor.ts';

/**
 * Sets limits on itself and becomes the command. Memory is the address space of each process. Of processors the command gets as many as it may
 * use, rounded up, where the machine can say which.
 */
const SCRIPT = `
memory=$1 cpus=$2; shift 2
if [ -n "$memory" ] && ! ulimit -v "$memory"; then echo "the memory limit could not be set" >&2; exit 126; fi
if [ -n "$cpus" ] && command -v taskset >/dev/null 2>&1; then taskset -cp "0-$cpus" $$ >/dev/null 2>&1; fi
exec "$@"
`;

/** The command line that runs `command` within the limits of its container. Without limits it is the command itself. */
export function limited(command: readonly string[], { limits = {} }: Pick<ContainerToRun, 'limits'>): string[] {
  const { cpu, memory } = limits;
  if (cpu === undefined && memory === undefined) return [...command];
  const kibibytes = memory === undefined ? '' : String(Math.max(1, Math.floor(parseQuantity(memory).toNumber() / 1024)));
  const last = cpu === undefined ? '' : String(Math.max(0, Math.ceil(parseQuantity(cpu).toNumber()) - 1));
  return ['/bin/sh', '-c', SCRIPT, 'limits', kibibytes, last, ...command];
}
