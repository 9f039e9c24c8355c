import { textAt, valueAt, type ApiObject } from '../client/objects.ts';
import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { outputFlags, projectFlags, type OutputOptions, type ProjectOptions } from '../flags.ts';
import { parseOutputFormat } from '../output/format.ts';
import { printObject } from '../output/print-objects.ts';
import { renderTable, type Column } from '../output/table.ts';

interface Options extends ProjectOptions, OutputOptions {
  system?: boolean;
  actor?: string;
  operation?: string;
  kind?: string;
  name?: string;
  result?: string;
  since?: string;
  until?: string;
  limit: string;
}

const FILTERS = ['actor', 'operation', 'kind', 'name', 'result', 'since', 'until'] as const;
/** Entries that the API gives at a time. */
const PAGE = 1000;

/** `kargo audit`: who did what, newest first, of a project or of everything. */
export const audit = defineCommand<Options>({
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option('--system', 'of all projects and of the system, instead of a project')
      .option('--actor <actor>', 'only what this one did, e.g. email:ann@example.com')
      .option('--operation <name>', 'only this operation, e.g. PromoteToStage')
      .option('--kind <kind>', 'only what was about objects of this kind')
      .option('--name <name>', 'only what was about objects of this name')
      .option('--result <result>', 'only what ended so: done, refused or failed')
      .option('--since <time>', 'only from this time on, e.g. 2026-01-31T12:00:00Z')
      .option('--until <time>', 'only before this time')
      .option('--limit <count>', 'most entries', '100'),
  run: async ({ options, context }) => {
    const { io } = context;
    await parseOutputFormat(options, io.cwd);
    if (options.system === true && options.project !== undefined)
      throw new CLIError('Usage', '--project and --system exclude each other');
    if (!/^[1-9]\d{0,6}$/.test(options.limit)) throw new CLIError('Usage', '--limit must be a positive number');
    const path = options.system === true ? ['system', 'audit-log'] : ['projects', await context.project(options), 'audit-log'];
    const api = await context.api(options);
    const filters = Object.fromEntries(FILTERS.map((name) => [name, options[name]]));
    const items: unknown[] = [];
    let next: string | undefined;
    do {
      const limit = String(Math.min(PAGE, Number(options.limit) - items.length));
      const query = { ...filters, limit, continue: next };
      const page = await api.call<{ items: unknown[]; continue?: string }>('GET', path, { operation: 'list audit log', query });
      items.push(...page.items);
      next = page.continue;
    } while (next !== undefined && items.length < Number(options.limit));
    const list = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'AuditEntryList', metadata: {}, items };
    await printObject(io, list as unknown as ApiObject, options, () => renderTable(items, COLUMNS, { headers: true }));
  },
});

const COLUMNS: readonly Column<unknown>[] = [
  { header: 'TIME', cell: (entry) => textAt(entry, 'time') },
  { header: 'ACTOR', cell: (entry) => textAt(entry, 'actor') },
  { header: 'OPERATION', cell: (entry) => textAt(entry, 'operation') },
  { header: 'OBJECT', cell: objectOf },
  { header: 'RESULT', cell: (entry) => textAt(entry, 'result') },
  { header: 'FROM', cell: (entry) => textAt(entry, 'source', 'address') },
];

/** The first object, and how many more there are. */
function objectOf(entry: unknown): string {
  const objects = valueAt(entry, 'objects');
  if (!Array.isArray(objects) || objects.length === 0) return '';
  const place = [textAt(objects[0], 'kind'), textAt(objects[0], 'namespace'), textAt(objects[0], 'name')];
  const first = place.filter((part) => part !== '').join('/');
  return objects.length === 1 ? first : `${first} and ${objects.length - 1} more`;
}
