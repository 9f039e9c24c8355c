import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Result {
  violations: { id: string; impact: string | null; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** What axe finds on the page that is serious or worse, one line each: by all its rules if none are named, in what `within` selects. */
export async function seriousProblems(
  page: Page,
  { rules, within }: { rules?: readonly string[]; within?: string | undefined } = {},
): Promise<string[]> {
  await page.evaluate(`window.axe === undefined && (() => { ${SOURCE} })()`);
  const options = { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } }) };
  const where = within === undefined ? 'document' : JSON.stringify(within);
  const { violations } = (await page.evaluate(`axe.run(${where}, ${JSON.stringify(options)})`)) as Result;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html} ${failureSummary ?? ''}`));
}
