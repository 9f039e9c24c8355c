/** What steps compute from texts: each task is a pure function of values that can be copied, so that it can be done in another thread. */
import { editYaml, type YamlUpdate } from '@kargo/integrations';
import { about } from '../steps/files/about.ts';
import { readValues } from '../steps/files/read-values.ts';
import { editJson, type JsonScalar } from '../steps/json-update/edit-json.ts';
import { editToml, type TomlScalar } from '../steps/toml-update/edit-toml.ts';
import { mergeYaml, type MergeInput } from '../steps/yaml-merge/merge-yaml.ts';

interface Edit<Value> {
  path: string;
  text: string;
  updates: readonly { key: string; value: Value }[];
}

export const tasks = {
  'yaml-update': ({ path, text, updates }: { path: string; text: string; updates: readonly YamlUpdate[] }) =>
    about(path, () => editYaml(text, updates)),
  'json-update': ({ path, text, updates }: Edit<JsonScalar>) =>
    about(path, () => updates.reduce((edited, { key, value }) => editJson(edited, key, value), text)),
  'toml-update': ({ path, text, updates }: Edit<TomlScalar>) =>
    about(path, () => updates.reduce((edited, { key, value }) => editToml(edited, key, value), text)),
  'yaml-merge': ({ path, inputs }: { path: string; inputs: readonly MergeInput[] }) => about(path, () => mergeYaml(inputs)),
  'read-values': readValues,
};

export type Tasks = typeof tasks;
