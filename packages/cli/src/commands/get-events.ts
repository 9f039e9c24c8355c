import { textAt, withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { defineCommand } from '../command.ts';
import { projectFlags } from '../flags.ts';
import type { ProjectOptions } from '../flags.ts';
import { printObjects } from '../output/print-objects.ts';
import { renderTable, type Column } from '../output/table.ts';
import { getFlags, listItems } from './get-objects.ts';
import type { GetOptions } from './get-objects.ts';

interface Options extends ProjectOptions, GetOptions {}

/** `kargo get events`: what happened to the Promotions and Freight of a project, newest first. */
export const getEvents = defineCommand<Options>({
  configure: (command) => getFlags(projectFlags(command)),
  run: async ({ options, context }) => {
    const path = ['projects', await context.project(options), 'events'];
    const items = await listItems(await context.api(options), path, { operation: 'list events' });
    const { formatAge } = await import('@kargo/gocompat');
    const columns: Column<ApiObject>[] = [
      { header: 'LAST SEEN', cell: (event) => age(formatAge, context.io.now() - Date.parse(textAt(event, 'lastTimestamp'))) },
      { header: 'TYPE', cell: (event) => textAt(event, 'type') },
      { header: 'REASON', cell: (event) => textAt(event, 'reason') },
      {
        header: 'OBJECT',
        cell: (event) => `${textAt(event, 'involvedObject', 'kind')}/${textAt(event, 'involvedObject', 'name')}`,
      },
      { header: 'MESSAGE', cell: (event) => textAt(event, 'message') },
    ];
    const events = items.map((event) => withType(event, 'Event'));
    await printObjects(context.io, events, options, () =>
      Promise.resolve(renderTable(events, columns, { headers: options.headers })),
    );
  },
});

function age(formatAge: (ms: number) => string, ms: number): string {
  return Number.isNaN(ms) ? '<unknown>' : formatAge(ms);
}
