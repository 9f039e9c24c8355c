import type { ApiObject } from '../client/objects.ts';
import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { apiFlags, outputFlags } from '../flags.ts';
import type { ApiOptions, OutputOptions } from '../flags.ts';
import { printObject } from '../output/print-objects.ts';
import { CLIENT_VERSION } from '../version.ts';

interface Options extends ApiOptions, OutputOptions {
  client?: boolean;
}

interface VersionInfo {
  version: string;
}

/** `kargo version`: of this command line and, when logged in, of the server. */
export const version = defineCommand<Options>({
  configure: (command) => outputFlags(apiFlags(command)).option('--client', 'only the version of this command line'),
  run: async ({ options, context }) => {
    const asked = options.client === true ? {} : await serverVersion(context, options);
    const { server } = asked;
    const versions = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'ComponentVersions',
      client: {
        ...(isForPrograms(options) ? await context.build() : {}),
        version: CLIENT_VERSION,
        goVersion: `node${process.versions.node}`,
        compiler: 'v8',
        platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
      },
      ...(server === undefined ? {} : { server }),
    };
    await printObject(context.io, versions as unknown as ApiObject, options, () => {
      const line = server === undefined ? '' : `Server Version: ${server.version}\n`;
      return `Client Version: ${CLIENT_VERSION}\n${line}`;
    });
    if (asked.failure !== undefined) throw asked.failure;
  },
});

/** People are shown nothing but versions, and need not wait for more. */
function isForPrograms({ output, template }: OutputOptions): boolean {
  return output !== undefined || template !== undefined;
}

/** Nothing when nobody is logged in. A failure is kept until the version that is known has been printed. */
async function serverVersion(
  context: CommandContext,
  options: ApiOptions,
): Promise<{ server?: VersionInfo; failure?: CLIError }> {
  try {
    const api = await context.api(options);
    return { server: await api.call<VersionInfo>('GET', ['system', 'server-version'], { operation: 'get server version' }) };
  } catch (error) {
    if (!(error instanceof CLIError)) throw error;
    return error.code === 'NotLoggedIn' ? {} : { failure: error };
  }
}
