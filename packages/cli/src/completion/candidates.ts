import type { Command, Option } from 'commander';
import { takeCommand } from '../argv.ts';
import { complete, declare, rootCommand } from '../command-tree.ts';
import type { CommandContext, CommandDefinition, CommandEntry } from '../command.ts';
import type { ProjectOptions } from '../flags.ts';
import { namesFor } from './names.ts';

/** A word that may stand where one is being typed. */
export interface Candidate {
  word: string;
  about: string;
}

/** Stands for the names of files, which shells know best. */
export const FILES: Candidate = { word: ':files', about: '' };

/** Options whose value is a file. */
const FILE_OPTIONS = new Set(['--filename', '--plan', '--set-file', '--env', '--kubeconfig']);
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  '--output': ['json', 'yaml', 'name', 'kyaml', 'jsonpath=', 'jsonpath-as-json=', 'go-template='],
  '--type': ['git', 'helm', 'image'],
};

/** What may stand in place of the last of `words`, the words behind the program's name. Names come from the API, where it answers. */
export async function candidatesFor(
  words: readonly string[],
  entries: readonly CommandEntry[],
  context: CommandContext,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? '';
  let rest = words.slice(0, -1);
  let command: Command = await rootCommand(() => undefined);
  let definition: CommandDefinition = { subcommands: entries };
  const path: string[] = [];
  while (definition.subcommands !== undefined) {
    const taken = takeCommand(rest, definition.subcommands);
    if (taken.entry === undefined) {
      if (taken.word !== undefined) return [];
      break;
    }
    path.push(taken.entry.name);
    command = declare(command, taken.entry);
    definition = await taken.entry.load();
    rest = taken.rest;
  }
  complete(command, { ...definition, subcommands: [] });
  const options: readonly Option[] = command.options;
  const previous = optionNamed(options, rest.at(-1) ?? '');
  const found =
    previous?.required === true
      ? await valuesOf(previous, { path, rest, context })
      : current.startsWith('-')
        ? options.map((option) => ({ word: option.long ?? option.short ?? '', about: option.description }))
        : await wordsOf(definition, { path, rest, context });
  return found.filter((candidate) => candidate === FILES || candidate.word.startsWith(current));
}

interface Place {
  path: readonly string[];
  rest: readonly string[];
  context: CommandContext;
}

async function wordsOf(definition: CommandDefinition, place: Place): Promise<readonly Candidate[]> {
  const subcommands = (definition.subcommands ?? []).map(({ name, summary }) => ({ word: name, about: summary }));
  if (subcommands.length > 0) return subcommands;
  if (definition.usage === undefined) return [];
  return named(place.path.at(-1) ?? '', place);
}

async function valuesOf(option: Option, place: Place): Promise<readonly Candidate[]> {
  const name = option.long ?? '';
  if (FILE_OPTIONS.has(name)) return [FILES];
  const choices = CHOICES[name];
  if (choices !== undefined) return choices.map((word) => ({ word, about: '' }));
  return named(name.replace(/^--/, ''), place);
}

/** Names of objects; none when nobody is logged in, or the server does not answer. */
async function named(type: string, { rest, context }: Place): Promise<readonly Candidate[]> {
  const at = rest.findIndex((word) => word === '-p' || word === '--project');
  const given =
    at === -1 ? rest.map((word) => /^--project=(.*)$/.exec(word)?.[1]).find((value) => value !== undefined) : rest[at + 1];
  const options: ProjectOptions = given === undefined ? {} : { project: given };
  try {
    return (await namesFor(type, options, context)).map((word) => ({ word, about: '' }));
  } catch {
    // Whoever types a command does not want to read about the network in the middle of it.
    return [];
  }
}

function optionNamed(options: readonly Option[], word: string): Option | undefined {
  return options.find(({ long, short }) => long === word || short === word);
}
