/** One element of a Go time layout; `literal` is text that stands for itself. */
export type LayoutElement =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'fraction'; readonly text: string; readonly digits: number; readonly trim: boolean }
  | { readonly kind: Exclude<ElementKind, 'literal' | 'fraction'>; readonly text: string };

type ElementKind =
  | 'literal'
  | 'fraction'
  | 'longMonth'
  | 'month'
  | 'numMonth'
  | 'zeroMonth'
  | 'longWeekday'
  | 'weekday'
  | 'day'
  | 'spaceDay'
  | 'zeroDay'
  | 'spaceYearDay'
  | 'zeroYearDay'
  | 'hour24'
  | 'hour12'
  | 'zeroHour12'
  | 'minute'
  | 'zeroMinute'
  | 'second'
  | 'zeroSecond'
  | 'longYear'
  | 'year'
  | 'upperPm'
  | 'lowerPm'
  | 'zone'
  | 'offset';

const WORDS: readonly (readonly [text: string, kind: Exclude<ElementKind, 'literal' | 'fraction'>])[] = [
  ['January', 'longMonth'],
  ['Jan', 'month'],
  ['Monday', 'longWeekday'],
  ['Mon', 'weekday'],
  ['MST', 'zone'],
  ['002', 'zeroYearDay'],
  ['01', 'zeroMonth'],
  ['02', 'zeroDay'],
  ['03', 'zeroHour12'],
  ['04', 'zeroMinute'],
  ['05', 'zeroSecond'],
  ['06', 'year'],
  ['15', 'hour24'],
  ['1', 'numMonth'],
  ['2006', 'longYear'],
  ['2', 'day'],
  ['__2', 'spaceYearDay'],
  ['_2', 'spaceDay'],
  ['3', 'hour12'],
  ['4', 'minute'],
  ['5', 'second'],
  ['PM', 'upperPm'],
  ['pm', 'lowerPm'],
  ['-07:00:00', 'offset'],
  ['-070000', 'offset'],
  ['-07:00', 'offset'],
  ['-0700', 'offset'],
  ['-07', 'offset'],
  ['Z07:00:00', 'offset'],
  ['Z070000', 'offset'],
  ['Z07:00', 'offset'],
  ['Z0700', 'offset'],
  ['Z07', 'offset'],
];

/** Splits a layout into its elements. */
export function layoutElements(layout: string): LayoutElement[] {
  const out: LayoutElement[] = [];
  let literal = '';
  let offset = 0;
  const flush = (): void => {
    if (literal !== '') out.push({ kind: 'literal', text: literal });
    literal = '';
  };
  while (offset < layout.length) {
    const element = elementAt(layout, offset);
    if (element === undefined) {
      literal += layout[offset];
      offset++;
      continue;
    }
    flush();
    out.push(element);
    offset += element.text.length;
  }
  flush();
  return out;
}

function elementAt(layout: string, offset: number): LayoutElement | undefined {
  const rest = layout.slice(offset, offset + 16);
  const fraction = /^[.,](0+|9+)(?!\d)/.exec(layout.slice(offset));
  if (fraction?.[1] !== undefined) {
    return { kind: 'fraction', text: fraction[0], digits: fraction[1].length, trim: fraction[1].startsWith('9') };
  }
  // A year after an underscore is a literal underscore and the year.
  if (rest.startsWith('_2006')) return undefined;
  const word = WORDS.find(([text]) => rest.startsWith(text));
  if (word === undefined) return undefined;
  const [text, kind] = word;
  // "Jan" and "Mon" within words are literals.
  if ((kind === 'month' || kind === 'weekday') && /^[a-z]/.test(rest.slice(3))) return undefined;
  return { kind, text };
}
