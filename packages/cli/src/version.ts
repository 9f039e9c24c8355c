import manifest from '../package.json' with { type: 'json' };

/** The version of this command line, with a leading `v`. */
export const CLIENT_VERSION = `v${manifest.version}`;
