/** The examples of the documentation: what a reader copies must be right. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { PromotionStep } from '@kargo/api';
import { nodeIO, runCLI } from '@kargo/cli';
import { checkTemplate } from '@kargo/expr';
import { StepChecker, stepRegistry } from '@kargo/promotion';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';

const root = join(import.meta.dirname, '..');

interface Block {
  /** File and line, as editors open it. */
  place: string;
  language: string;
  text: string;
}

function pages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true });
  const found = docs.filter((entry) => entry.isFile() && entry.name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...found.map(({ parentPath, name }) => relative(root, join(parentPath, name)))];
}

/** The fenced blocks of a page, without the indentation that those in lists have. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return Array.from(
    text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm),
    ({ index, 1: indent = '', 2: language = '', 3: body = '' }) => ({
      place: `${page}:${text.slice(0, index).split('\n').length}`,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** A manifest of Kargo's own, made whole where a page shows a part of one; undefined for everything else. */
function manifestOf(text: string): string | undefined {
  if (/^apiVersion: kargo\.akuity\.io\//m.test(text)) return text;
  if (/^apiVersion:/m.test(text) || !text.startsWith('kind: ')) return undefined;
  const { kind, spec } = parse(text) as { kind: string; spec: object };
  const metadata = { name: kind === 'ProjectConfig' ? 'shop' : 'example', namespace: 'shop' };
  const needed =
    kind === 'Stage' ? { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'web' }, sources: { direct: true } }] } : {};
  return stringify({ apiVersion: 'kargo.akuity.io/v1alpha1', kind, metadata, spec: { ...needed, ...spec } });
}

const all = pages();
const blocks = all.flatMap(blocksOf);
const folder = mkdtempSync(join(tmpdir(), 'kargo-doc-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('examples in the documentation', () => {
  it('are YAML and JSON where they say so', () => {
    const wrong: string[] = [];
    for (const { place, language, text } of blocks) {
      if (language === 'yaml')
        for (const { errors } of parseAllDocuments(text)) wrong.push(...errors.map(({ message }) => `${place}: ${message}`));
      if (language === 'json')
        try {
          JSON.parse(text.replaceAll('…', ''));
        } catch (error) {
          wrong.push(`${place}: ${String(error)}`);
        }
    }
    expect(wrong).toEqual([]);
    expect(blocks.filter(({ language }) => language === 'yaml').length).toBeGreaterThan(40);
  });

  it('pass kargo lint where they are manifests', async () => {
    let count = 0;
    const wrong: string[] = [];
    for (const { place, language, text } of blocks) {
      const manifest = language === 'yaml' ? manifestOf(text) : undefined;
      if (manifest === undefined) continue;
      count += 1;
      const file = join(folder, `${place.replaceAll(/[/:]/g, '-')}.yaml`);
      writeFileSync(file, manifest);
      let output = '';
      const write = (said: string): string => (output += said);
      // What a part of a manifest speaks of may stand elsewhere.
      const strict = manifest === text ? ['--strict'] : [];
      const code = await runCLI(['lint', ...strict, '-f', file], { ...nodeIO(), stdout: { write }, stderr: { write }, env: {} });
      if (code !== 0) wrong.push(`${place}:\n${output}`);
    }
    expect(wrong.join('\n')).toBe('');
    expect(count).toBeGreaterThanOrEqual(6);
  });

  it('have steps that would be admitted', () => {
    let count = 0;
    const wrong: string[] = [];
    for (const { place, language, text } of blocks) {
      if (language !== 'yaml' || !text.startsWith('- uses:')) continue;
      count += 1;
      const problems = new StepChecker(stepRegistry()).check({ kind: 'task', steps: parse(text) as PromotionStep[] });
      wrong.push(...problems.filter(({ certain }) => certain).map(({ message }) => `${place}: ${message}`));
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });

  it('hold expressions that can be parsed', () => {
    const wrong: string[] = [];
    let count = 0;
    for (const page of all) {
      const lines = readFileSync(join(root, page), 'utf8').split('\n');
      for (const [index, line] of lines.entries())
        for (const [template] of line.matchAll(/\$\{\{[^`]*?\}\}/g)) {
          // What stands for any expression, in prose.
          if (/^\$\{\{\s*(?:…|\.\.\.|expressions?)?\s*\}\}$/.test(template)) continue;
          count += 1;
          // Names are those of the step that the text is about; `<alias>` stands for one.
          for (const { code, message } of checkTemplate(template.replaceAll(/<(\w+)>/g, '$1')))
            if (code === 'parse') wrong.push(`${page}:${index + 1}: ${template}: ${message}`);
        }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });
});
