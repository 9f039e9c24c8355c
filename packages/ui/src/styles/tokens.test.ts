import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const [light = '', dark = ''] = css.split("[data-theme='dark']");

function colour(theme: string, name: string): number[] {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(theme)?.[1] ?? '';
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
}

/** Contrast of two colours (WCAG 2.2, relative luminance). */
function contrast(a: number[], b: number[]): number {
  const luminance = (rgb: number[]): number => {
    const [red = 0, green = 0, blue = 0] = rgb.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [lighter, darker] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s theme', (_name, theme) => {
  it.each(['ink', 'ink-2', 'ink-3', 'idle', 'ok', 'run', 'wait', 'bad', 'hold'])('shows %s readably on its grounds', (name) => {
    for (const ground of ['bg', 'surface'])
      expect(contrast(colour(theme, name), colour(theme, ground)), ground).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['ok', 'run', 'wait', 'bad', 'hold', 'idle'])('shows %s readably on its tint', (name) => {
    expect(contrast(colour(theme, name), colour(theme, `${name}-bg`))).toBeGreaterThanOrEqual(4.5);
  });

  it('shows buttons and edges of inputs', () => {
    expect(contrast(colour(theme, 'btn-ink'), colour(theme, 'btn'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour(theme, 'line-3'), colour(theme, 'bg'))).toBeGreaterThanOrEqual(3);
  });
});
