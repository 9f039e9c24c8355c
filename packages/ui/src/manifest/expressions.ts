import type { Schemas } from '../schemas/schemas.ts';
import type { Suggestion, Suggestions } from './complete.ts';

const CONTEXT: readonly (readonly [string, string])[] = [
  ['ctx.project', 'Name of the Project'],
  ['ctx.stage', 'Name of the Stage'],
  ['ctx.promotion', 'Name of the Promotion'],
  ['ctx.targetFreight.name', 'Name of the Freight that is promoted'],
  ['ctx.targetFreight.alias', 'Alias of the Freight that is promoted'],
  ['ctx.targetFreight.origin.name', 'Warehouse that the Freight comes from'],
];

const FUNCTIONS: readonly (readonly [string, string])[] = [
  ['imageFrom', 'The image of a repository in the Freight: imageFrom("registry/app").Tag'],
  ['commitFrom', 'The commit of a repository in the Freight: commitFrom("https://…").ID'],
  ['chartFrom', 'The chart of a repository in the Freight: chartFrom("oci://…").Version'],
  ['artifactFrom', 'Another artifact in the Freight, by subscription: artifactFrom("name").Version'],
  ['warehouse', 'An origin, where several Warehouses find the same repository: warehouse("name")'],
  ['status', 'The outcome of an earlier step: status("alias")'],
  ['success', 'Whether everything went well so far'],
  ['failure', 'Whether something has failed'],
  ['always', 'True, whatever has happened'],
  ['secret', 'Values of a Secret: secret("name").key'],
  ['configMap', 'Values of a ConfigMap: configMap("name").key'],
  ['freightMetadata', 'What was noted on Freight: freightMetadata(ctx.targetFreight.name)'],
  ['stageMetadata', 'What was noted on a Stage: stageMetadata("name")'],
  ['semverDiff', 'What two versions differ in: semverDiff("1.2.3", "1.3.0") is "Minor"'],
  ['quote', 'A value that stays text'],
  ['asJSON', 'A value as JSON'],
  ['asYAML', 'A value as YAML'],
];

/** What can be written within `${{ … }}`; undefined outside of one. */
export function expressionSuggestions(schemas: Schemas, text: string, offset: number, object: unknown): Suggestions | undefined {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const opened = line.lastIndexOf('${{');
  if (opened === -1 || line.indexOf('}}', opened) !== -1) return undefined;
  const word = /[\w.-]*$/.exec(line.slice(opened + 3))?.[0] ?? '';
  const { aliases, variables } = namesIn(schemas, object);
  const all: Suggestion[] = [
    ...variables.map((name) => item(`vars.${name}`, 'Variable')),
    ...aliases.flatMap(({ alias, outputs }) =>
      outputs.length === 0
        ? [item(`outputs${member(alias)}`, 'Output')]
        : outputs.map(([name, doc]) => item(`outputs${member(alias)}.${name}`, doc)),
    ),
    ...CONTEXT.map(([name, doc]) => item(name, doc)),
    ...FUNCTIONS.map(([name, doc]) => ({ ...item(name, doc), insert: `${name}(` })),
  ];
  return { from: offset - word.length, to: offset, items: all };
}

function item(label: string, doc: string): Suggestion {
  return { label, insert: label, kind: 'expression', doc };
}

/** Aliases that are no words are members in brackets: `outputs['a-b']` would be `outputs.a - b` otherwise. */
function member(alias: string): string {
  return /^\w+$/.test(alias) ? `.${alias}` : `['${alias}']`;
}

interface Found {
  aliases: { alias: string; outputs: [string, string][] }[];
  variables: string[];
}

/** Steps with aliases, and variables, anywhere in an object. */
function namesIn(schemas: Schemas, object: unknown): Found {
  const found: Found = { aliases: [], variables: [] };
  const walk = (value: unknown, key: string): void => {
    if (Array.isArray(value)) {
      for (const each of value) {
        const { uses, as, name } = (typeof each === 'object' && each !== null ? each : {}) as Record<string, unknown>;
        if (typeof uses === 'string' && typeof as === 'string')
          found.aliases.push({
            alias: as,
            outputs: Object.entries(schemas.steps[uses]?.outputs ?? {}).map(([output, { description = '' }]) => [
              output,
              description,
            ]),
          });
        if (key === 'vars' && typeof name === 'string' && !found.variables.includes(name)) found.variables.push(name);
        walk(each, '');
      }
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value)) walk(each, name);
  };
  walk(object, '');
  return found;
}
