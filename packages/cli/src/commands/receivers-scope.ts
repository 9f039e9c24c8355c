import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';

/** Whose receivers are meant: those of a project, or with `--cluster` those of the whole installation. */
export interface ScopeOptions extends ProjectOptions {
  cluster?: boolean;
}

export function scopeFlags(command: Command): Command {
  return projectFlags(command).option('--cluster', 'the receivers of the ClusterConfig, not those of a project');
}

/** The path of the API below which the deliveries of a scope are. */
export async function scopePath(context: CommandContext, options: ScopeOptions): Promise<readonly string[]> {
  return options.cluster === true ? ['system'] : ['projects', await context.project(options)];
}
