import type { PreviewEffect, PreviewFile, PreviewStep, PromotionPreview } from '@kargo/promotion';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ApiClient } from '../client/api-client.ts';
import { withType } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import { CLIError, messageOf } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import { parseOutputFormat } from '../output/format.ts';
import type { OutputOptions } from '../output/format.ts';
import { printObject } from '../output/print-objects.ts';

const MARKS: Readonly<Record<PreviewStep['outcome'], string>> = {
  Succeeds: '✓',
  Skipped: '-',
  Waits: '…',
  Fails: '✗',
  Unknown: '?',
};

/** Asks for the preview of a promotion, keeps it as a plan if `plan` names a file, and prints it. Fails if the promotion would, else gives it. */
export async function showPreview(
  io: CLIIO,
  api: ApiClient,
  {
    path,
    selector,
    plan,
    options,
  }: { path: readonly string[]; selector: Record<string, string>; plan: string | undefined; options: OutputOptions },
): Promise<PromotionPreview> {
  await parseOutputFormat(options, io.cwd);
  const preview = await api.call<PromotionPreview>('POST', [...path, 'preview'], {
    operation: 'preview promotion',
    json: selector,
  });
  if (plan !== undefined) {
    try {
      await writeFile(resolve(io.cwd, plan), `${JSON.stringify(preview, undefined, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      throw new CLIError('Output', `cannot write the plan to ${plan}: ${messageOf(error)}`, error);
    }
  }
  await printObject(io, preview as unknown as ApiObject, options, () => previewText(preview));
  if (plan !== undefined) io.stderr.write(`plan written to ${plan}; apply it with \`kargo promote --plan ${plan}\`\n`);
  if (preview.outcome === 'Fails') throw new CLIError('Preview', `the promotion would fail: ${preview.message ?? ''}`);
  return preview;
}

/** Reads a plan. Fails for files that are none. */
export async function readPlan(io: CLIIO, file: string): Promise<PromotionPreview> {
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new CLIError('Usage', `cannot read the plan ${file}: ${messageOf(error)}`, error);
  }
  try {
    const plan = JSON.parse(text) as Partial<PromotionPreview> | null;
    if (plan?.kind === 'PromotionPreview' && typeof plan.basis === 'object') return plan as PromotionPreview;
  } catch (error) {
    throw new CLIError('Usage', `${file} is no plan: ${messageOf(error)}`, error);
  }
  throw new CLIError('Usage', `${file} is no plan; make one with \`kargo promote --dry-run --plan ${file}\``);
}

/** Has a plan carried out exactly, or refused because something has moved. */
export async function applyPlan(api: ApiClient, plan: PromotionPreview): Promise<ApiObject> {
  const path = ['projects', plan.project, 'stages', plan.stage, 'promotions', 'planned'];
  // Only what the plan stands on: the server works out the rest anew.
  const { apiVersion, kind, project, stage, basis } = plan;
  const json = { plan: { apiVersion, kind, project, stage, basis } };
  return withType(await api.call<ApiObject>('POST', path, { operation: 'apply plan', json }), 'Promotion');
}

/** A preview for people: what each step would do, with diffs. */
export function previewText(preview: PromotionPreview): string {
  const { freight, project, stage } = preview;
  const lines = [
    `Promotion of Freight ${freight.name}${freight.alias === undefined ? '' : ` (${freight.alias})`} to Stage ${stage} of project ${project}`,
    ...preview.gates.flatMap(({ message, blocking, until }) => [
      `${blocking ? 'Blocked' : 'Note'}: ${message}${until === undefined ? '' : ` (until ${until})`}`,
    ]),
    '',
    ...preview.steps.flatMap(stepLines),
  ];
  if (preview.manifests.length > 0) {
    lines.push('Resources that would change:');
    for (const { change, kind, name, namespace, diff, truncated } of preview.manifests)
      lines.push(
        `  ${change} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
        ...indented(diff, '    '),
        ...(truncated === true ? ['    (cut off)'] : []),
      );
    lines.push('');
  }
  lines.push(`Outcome: ${outcomeText(preview)}`);
  return `${lines.join('\n')}\n`;
}

function outcomeText({ outcome, message }: PromotionPreview): string {
  switch (outcome) {
    case 'Fails':
      return `would fail${message === undefined ? '' : `: ${message}`}`;
    case 'Unknown':
      return 'as far as it can be known, would succeed';
    case 'Waits':
      return 'would succeed, as soon as what it waits for comes';
    default:
      return 'would succeed';
  }
}

function stepLines({ alias, uses, outcome, message, unknown, effects }: PreviewStep): string[] {
  const head = `${MARKS[outcome]} ${alias}${alias === uses ? '' : ` (${uses})`}`;
  return [
    message === undefined ? head : `${head}: ${message}`,
    ...(unknown ?? []).map((text) => `    not known before: ${text}`),
    ...effects.flatMap(effectLines).map((line) => `    ${line}`),
    ...(effects.length > 0 ? [''] : []),
  ];
}

function effectLines(effect: PreviewEffect): string[] {
  switch (effect.kind) {
    case 'commit':
      return [`commit to ${effect.repository}, tree ${effect.commit.tree}`, ...commitLines(effect.commit)];
    case 'push': {
      const { ref, repository, from, tree, forced, commits, commitCount } = effect;
      const what = tree === undefined ? 'delete' : from === undefined ? 'create' : forced ? 'overwrite' : 'push';
      return [
        `${what} ${ref.replace(/^refs\/heads\//, 'branch ').replace(/^refs\/tags\//, 'tag ')} of ${repository}${from === undefined ? '' : `, now at ${from}`}`,
        ...(tree === undefined ? [] : [`  ${commitCount} new ${commitCount === 1 ? 'commit' : 'commits'}, tree ${tree}`]),
        ...commits.filter(({ files }) => files !== undefined).flatMap(commitLines),
      ];
    }
    case 'pullRequest':
      return [
        `open pull request "${effect.title}" from ${effect.source} to ${effect.target} in ${effect.repository}`,
        ...indented(effect.body, '  | '),
      ];
    case 'http':
      return [
        `${effect.method} ${effect.url} (${effect.size} bytes)`,
        ...Object.entries(effect.headers).map(([name, value]) => `  ${name}: ${value}`),
        ...(effect.body === undefined ? [] : indented(effect.body, '  | ')),
      ];
    case 'resource': {
      const { kind, namespace, name } = effect.resource;
      return [
        `${effect.verb} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
        ...(effect.change === undefined ? [] : indented(JSON.stringify(effect.change, undefined, 2), '  ')),
      ];
    }
    case 'artifact':
      return [`push ${effect.reference}`];
    case 'other':
      return [effect.description];
  }
}

function commitLines({
  message,
  files,
  fileCount,
}: {
  message: string;
  files?: PreviewFile[] | undefined;
  fileCount?: number | undefined;
}): string[] {
  const more = fileCount === undefined ? [] : [`  and ${fileCount - (files ?? []).length} more files`];
  return [...indented(message, '  > '), ...(files ?? []).flatMap(fileLines), ...more];
}

function fileLines({ path, change, diff, binary, truncated }: PreviewFile): string[] {
  return [
    `  ${change} ${path}${binary === true ? ' (not shown: binary or too large)' : ''}`,
    ...(diff === undefined ? [] : indented(diff, '    ')),
    ...(truncated === true ? ['    (cut off)'] : []),
  ];
}

function indented(text: string, prefix: string): string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${prefix}${visible(line)}`);
}

/** Control characters would do things to a terminal. */
function visible(line: string): string {
  // eslint-disable-next-line no-control-regex
  return line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�');
}
