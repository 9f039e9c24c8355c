/**
 * Checks the documentation as a reader walks it: every relative link leads to a file that is there, and to a heading that is there; and
 * every page of `docs/` is reached from the README. Prints what is wrong, exits non-zero then.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'packages/*/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});

/** Text without code, in which brackets are no links. */
function prose(text: string): string {
  return text.replace(/^(```|~~~)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, (code) => 'x'.repeat(code.length));
}

/** Anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.replace(/^(```|~~~)[^]*?^\1/gm, '').matchAll(/^#{1,6} +(.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

const problems: string[] = [];
const leads = new Map<string, string[]>();
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  const targets: string[] = [];
  for (const [, link = ''] of prose(text).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
    if (/^[a-z][a-z+.-]*:/i.test(link)) continue;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(root, join(root, dirname(page), decodeURI(path)));
    const facts = statSync(join(root, target), { throwIfNoEntry: false });
    if (facts === undefined) problems.push(`${page}: ${link} leads nowhere`);
    else if (anchor !== undefined && target.endsWith('.md') && !anchorsOf(readFileSync(join(root, target), 'utf8')).has(anchor))
      problems.push(`${page}: ${link} names no heading of ${target}`);
    targets.push(target);
  }
  leads.set(page, targets);
}

const reached = new Set<string>();
const next = ['README.md'];
for (let page = next.pop(); page !== undefined; page = next.pop()) {
  if (reached.has(page)) continue;
  reached.add(page);
  for (const target of leads.get(page) ?? []) {
    next.push(target);
    // A link to a folder shows everything in it.
    for (const other of pages) if (dirname(other) === target) next.push(other);
  }
}
for (const page of pages) {
  if (page.startsWith('docs/') && !reached.has(page))
    problems.push(`${page}: nothing that is reached from the README links here`);
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
