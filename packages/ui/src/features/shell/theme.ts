export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'theme';

/** What was chosen in this browser; as the system has it if nothing was. */
export function chosenTheme(): Theme {
  return THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'system';
}

/** Draws everything in a theme, and remembers it. */
export function chooseTheme(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  localStorage.setItem(KEY, theme);
}
