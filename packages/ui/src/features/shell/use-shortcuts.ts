import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';

interface Options {
  project: string | undefined;
  openPalette: () => void;
  openHelp: () => void;
}

const SECTIONS: Readonly<Record<string, string>> = { p: '', r: '/promotions', v: '/verifications', e: '/events', s: '/settings' };
/** How long the second key after G may take, in milliseconds. */
const SECOND = 1_500;
const SWITCH = 'single-letter-shortcuts';

/** Whether keys without Ctrl do something; some people's tools need them off. */
export function singleLetters(): boolean {
  return localStorage.getItem(SWITCH) !== 'off';
}

export function setSingleLetters(on: boolean): void {
  localStorage.setItem(SWITCH, on ? 'on' : 'off');
}

/**
 * Keys that work everywhere: Ctrl K, `/`, `?`, G then a section, N. Single letters never fire in fields. A control takes a letter by
 * `data-shortcut`; the last one on the page wins, as panels come after what they lie on.
 */
export function useShortcuts({ project, openPalette, openHelp }: Options): void {
  const navigate = useNavigate();
  // Kept over renders: what comes in live must not take the first key from under the second.
  const pendingUntil = useRef(0);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !singleLetters() || isTyping(event.target))
        return;
      const key = event.key.toLowerCase();
      if (Date.now() < pendingUntil.current && project !== undefined && SECTIONS[key] !== undefined) {
        pendingUntil.current = 0;
        event.preventDefault();
        void navigate(`/project/${project}${SECTIONS[key]}`);
        return;
      }
      pendingUntil.current = 0;
      if (key === 'g') pendingUntil.current = Date.now() + SECOND;
      else if (event.key === '?') openHelp();
      else {
        const control = [...document.querySelectorAll<HTMLElement>(`[data-shortcut="${CSS.escape(key)}"]`)].at(-1);
        if (control === undefined || (control instanceof HTMLButtonElement && control.disabled)) return;
        event.preventDefault();
        if (control instanceof HTMLInputElement) control.focus();
        else control.click();
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [project, navigate, openPalette, openHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLInputElement ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement)
  );
}
