import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import type { CLIConfig } from '../config/contexts.ts';
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
    const shown = (settings: CLIConfig): object => shownSettings(settings, options.raw === true);
    const contexts = await config.contexts();
    const others = contexts.filter(({ isCurrent }) => !isCurrent);
    const current = contexts.find(({ isCurrent }) => isCurrent);
    const view = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'CLIConfig',
      ...shown(current?.settings ?? {}),
      ...(others.length === 0
        ? {}
        : {
            ...(current === undefined ? {} : { currentContext: current.name }),
            contexts: Object.fromEntries(others.map(({ name, settings }) => [name, shown(settings)])),
          }),
    };
    const format = options.output === undefined && options.template === undefined ? { ...options, output: 'yaml' } : options;
    const yaml = await toYAML(view);
    await printObject(io, view as unknown as ApiObject, format, () => yaml);
  },
});

function shownSettings(given: CLIConfig, raw: boolean): object {
  const { authMethod: _, ...settings } = given;
  return raw ? settings : { ...settings, bearerToken: MASK, refreshToken: MASK };
}
