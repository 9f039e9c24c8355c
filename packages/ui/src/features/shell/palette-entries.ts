import type { IconName } from '../../components/icon.tsx';
import type { ProjectData } from '../../data/project-store.ts';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { indexFreight, newestAvailable } from '../../pipeline/freight-index.ts';
import { CLUSTER_SETTINGS, PROJECT_SETTINGS } from '../settings/places.ts';

/** Somewhere to go. */
export interface Entry {
  key: string;
  icon: IconName;
  label: string;
  /** More words by which it is found; shown small. */
  hint: string;
  to: string;
  /** Comes only after places, as it does something. */
  action?: boolean;
}

const SHOWN = 12;

/** Places that are always there. */
export function fixedEntries(projects: readonly string[]): Entry[] {
  return [
    ...projects.map((name): Entry => ({ key: `o ${name}`, icon: 'right', label: name, hint: 'Project', to: `/project/${name}` })),
    { key: '/', icon: 'list', label: 'All projects', hint: 'Place', to: '/' },
    { key: 'c p', icon: 'wand', label: 'Create Project', hint: 'Action', to: '/create-project', action: true },
    { key: 'u', icon: 'user', label: 'Who you are here', hint: 'What may I, tokens', to: '/user' },
    { key: 'd', icon: 'external', label: 'Command line', hint: 'Downloads', to: '/downloads' },
    ...CLUSTER_SETTINGS.map(({ path, label }): Entry => ({
      key: `x ${path}`,
      icon: 'list',
      label,
      hint: 'Cluster settings',
      to: `/settings/${path}`,
    })),
  ];
}

/** Everything in a project, and what can be done there at `now` (epoch milliseconds). */
export function projectEntries(project: string, data: ProjectData, now: number): Entry[] {
  const p = `/project/${project}`;
  const stages = [...data.stages.keys()].flatMap((name): Entry[] => [
    { key: `s ${name}`, icon: 'board', label: name, hint: 'Stage', to: `${p}/stage/${name}` },
    { key: `es ${name}`, icon: 'edit', label: `Edit ${name}`, hint: 'Stage', to: `${p}/stage/${name}/edit`, action: true },
  ]);
  const warehouses = [...data.warehouses.keys()].flatMap((name): Entry[] => [
    { key: `w ${name}`, icon: 'warehouse', label: name, hint: 'Warehouse', to: `${p}/warehouse/${name}` },
    {
      key: `ew ${name}`,
      icon: 'edit',
      label: `Edit ${name}`,
      hint: 'Warehouse',
      to: `${p}/warehouse/${name}/edit`,
      action: true,
    },
  ]);
  const freight = [...data.freight.values()].map((each): Entry => {
    const name = each.metadata.name ?? '';
    return {
      key: `f ${name}`,
      icon: 'image',
      label: `${labelOf(each)} ${versionOf(each)}`,
      hint: 'Freight',
      to: `${p}/freight/${name}`,
    };
  });
  return [
    ...stages,
    ...warehouses,
    ...freight,
    ...promotions(p, data, now),
    { key: 'c s', icon: 'wand', label: 'Create Stage', hint: 'Action', to: `${p}/create-stage`, action: true },
    { key: 'c w', icon: 'wand', label: 'Create Warehouse', hint: 'Action', to: `${p}/create-warehouse`, action: true },
    { key: 'l', icon: 'list', label: 'All stages as a list', hint: 'Place', to: `${p}?view=list` },
    { key: 'g', icon: 'graph', label: 'Pipeline as a graph', hint: 'Place', to: `${p}?view=graph` },
    { key: 'm', icon: 'images', label: 'Image matrix', hint: 'Place', to: `${p}?view=images` },
    { key: 'r', icon: 'arrow', label: 'Promotions', hint: 'Place', to: `${p}/promotions` },
    { key: 'v', icon: 'pulse', label: 'Verifications', hint: 'Place', to: `${p}/verifications` },
    { key: 'e', icon: 'list', label: 'Events', hint: 'Place', to: `${p}/events` },
    ...PROJECT_SETTINGS.map(({ path, label }): Entry => ({
      key: `t ${path}`,
      icon: 'list',
      label,
      hint: 'Project settings',
      to: `${p}/settings/${path}`,
    })),
  ];
}

/** Promoting the newest freight that may go, for each stage. */
function promotions(p: string, data: ProjectData, now: number): Entry[] {
  const index = indexFreight(data.freight);
  return [...data.stages.values()].flatMap((stage) => {
    const name = stage.metadata.name ?? '';
    if (stage.status?.phase === 'NotApplicable') return [];
    return stage.spec.requestedFreight.flatMap(({ origin }): Entry[] => {
      const newest = newestAvailable(index, stage, origin.name, now);
      if (newest === undefined) return [];
      return [
        {
          key: `p ${name} ${origin.name}`,
          icon: 'arrow',
          label: `Promote ${labelOf(newest)} to ${name}`,
          hint: 'Shows the change first',
          to: `${p}/promote/freight/${newest.metadata.name ?? ''}/stage/${name}`,
          action: true,
        },
      ];
    });
  });
}

/** Entries that have all words, those that begin with the text first, places before actions. */
export function bestOf(entries: readonly Entry[], text: string): Entry[] {
  const typed = text.trim().toLowerCase();
  const words = typed.split(/\s+/).filter((word) => word !== '');
  const best: { entry: Entry; score: number }[] = [];
  for (const entry of entries) {
    const label = entry.label.toLowerCase();
    const all = `${label} ${entry.hint.toLowerCase()}`;
    if (!words.every((word) => all.includes(word))) continue;
    const place = label === typed ? 0 : label.startsWith(typed) ? 1 : words.every((word) => label.includes(word)) ? 2 : 3;
    best.push({ entry, score: place + (entry.action === true ? 0.5 : 0) });
  }
  return best
    .toSorted((a, b) => a.score - b.score)
    .slice(0, SHOWN)
    .map(({ entry }) => entry);
}
