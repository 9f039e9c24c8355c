import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { outputFlags } from '../flags.ts';
import type { OutputOptions } from '../flags.ts';
import { printObject, toYAML } from '../output/print-objects.ts';

interface Options extends OutputOptions {
  raw?: boolean;
}

const MASK = '*** REDACTED ***';

/** `kargo config view`: the configuration file, tokens masked unless `--raw`. */
export const configView = defineCommand<Options>({
  configure: (command) => outputFlags(command).option('--raw', 'show tokens as they are'),
  run: async ({ options, context: { io, config } }) => {
    const { authMethod: _, ...settings } = await config.load();
    const masked = options.raw === true ? settings : { ...settings, bearerToken: MASK, refreshToken: MASK };
    const view = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'CLIConfig', ...masked };
    const format = options.output === undefined && options.template === undefined ? { ...options, output: 'yaml' } : options;
    const yaml = await toYAML(view);
    await printObject(io, view as unknown as ApiObject, format, () => yaml);
  },
});
