// Starts a TypeScript entry point of this checkout under the Node it brings along, whatever Node runs this file.
// Kept to syntax that Node 14 understands.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const REQUIRED_MAJOR = 24;

/** Runs `entry` (relative to the checkout) with `args`; the process ends with its exit code. */
export function run(entry, args) {
  const file = resolve(root, entry);
  if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
    process.argv = [process.argv[0], file].concat(args);
    // What has been made of the sources is kept, which halves the time to start; where it cannot be kept, nothing is lost.
    if (module.enableCompileCache) module.enableCompileCache(join(root, 'node_modules', '.cache', 'compile'));
    return import(pathToFileURL(file).href);
  }
  const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    console.error(
      'This program needs Node ' +
        REQUIRED_MAJOR +
        ', found ' +
        process.version +
        ', and ' +
        node +
        ' is missing. Run `npm ci` first, or install Node ' +
        REQUIRED_MAJOR +
        '.',
    );
    process.exit(1);
  }
  // Through this file again, which then finds the right Node.
  const child = spawn(node, [fileURLToPath(import.meta.url), file].concat(args), { stdio: 'inherit' });
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('exit', function (code, signal) {
    if (signal !== null) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code === null ? 1 : code);
  });
  return undefined;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  if (process.argv[2] === undefined) {
    console.error('usage: node bin/run.js ENTRY [ARG ...]');
    process.exit(2);
  }
  void run(process.argv[2], process.argv.slice(3));
}
