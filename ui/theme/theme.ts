/**
 * Dark or light: the system's preference, unless this browser was told otherwise. `public/theme-choice.js` sets the
 * stored choice before the first paint.
 */
import { Signal } from '../live/signal.ts';
import { forgetTokens } from './canvas-tokens.ts';

export type Theme = 'dark' | 'light';

const storageKey = 'pulsewire-theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** The colours have changed; canvases must be drawn again. */
export const themeChanged = new Signal();

systemIsDark.addEventListener('change', announce);

export function currentTheme(): Theme {
  const choice = document.documentElement.dataset['theme'];
  if (choice === 'dark' || choice === 'light') return choice;
  return systemIsDark.matches ? 'dark' : 'light';
}

export function switchTheme(): void {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme;
  localStorage.setItem(storageKey, theme);
  announce();
}

function announce(): void {
  forgetTokens();
  themeChanged.announce();
}
