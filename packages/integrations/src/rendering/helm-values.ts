/** How values reach helm without being shown in its arguments. */

/** One value, set after the values files. */
export interface HelmValue {
  /** Path of the value, e.g. `image.tag` or `hosts[0].name`. */
  name: string;
  value: string;
  /** Numbers and booleans stay text; lists and escapes are still read. */
  forceString?: boolean | undefined;
  /** Taken as it stands, after all other values. */
  literal?: boolean | undefined;
}

/** Arguments for helm, and the contents of the files they refer to by `FILES/<index>`. */
export interface HelmValueArguments {
  args: string[];
  files: string[];
}

/** Stands for the folder of the files in {@link HelmValueArguments}. */
export const VALUE_FILES = '\0FILES';

/**
 * Values as helm takes them. Arguments can be read by every user of the machine, so that whatever is mere text goes through a file; what
 * helm has to read itself (numbers, booleans, lists in braces, escapes) is an argument.
 */
export function helmValueArguments(values: readonly HelmValue[]): HelmValueArguments {
  const out: HelmValueArguments = { args: [], files: [] };
  const file = ({ name, value }: HelmValue): void => {
    out.args.push(`--set-file=${name}=${VALUE_FILES}/${out.files.length}`);
    out.files.push(value);
  };
  for (const value of values) {
    if (value.literal === true) continue;
    if (value.forceString !== true && isText(value.value)) file(value);
    else out.args.push(`${value.forceString === true ? '--set-string' : '--set'}=${value.name}=${escapeCommas(value.value)}`);
  }
  // Helm applies files after arguments of other kinds, and in their order: literals come last.
  for (const value of values) if (value.literal === true) file(value);
  return out;
}

/** Whether helm takes a value for the text that it is. */
function isText(value: string): boolean {
  return !/^\{|\\/.test(value) && !/^(?:true|false|null|0|-?[1-9]\d*|[+-]\d+)$/.test(value);
}

/** As Argo CD passes parameters to helm: commas are part of the value, unless it is a list in braces. */
function escapeCommas(value: string): string {
  return value.startsWith('{') ? value : value.replace(/(?<!\\),/g, String.raw`\,`);
}
