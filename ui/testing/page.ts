/** Pages as browser tests open them: at the sizes and in the themes that are looked at, with what goes wrong in them kept. */
import type { Browser, Page } from 'playwright-core';
import type { SessionCookie } from './real-hub.ts';

/** Steps of the page's own clocks take up to a second each; nothing here is timed, it is only given up after this. */
export const patienceMs = 20_000;

export const sizes = {
  desktop: { width: 1_440, height: 900 },
  tablet: { width: 768, height: 1_024 },
  phone: { width: 390, height: 844 },
} as const;

export const themes = ['dark', 'light'] as const;

export interface PageOptions {
  readonly size?: keyof typeof sizes;
  readonly theme?: (typeof themes)[number];
  /** Whose dashboard it is to show, signed in as its admin; a page of none otherwise. */
  readonly hub?: { readonly cookie: SessionCookie };
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors of its scripts and of its console, in order: a test ends with none. */
  readonly problems: readonly string[];
}

/** An empty page, in a context of its own. */
export async function newPage(browser: Browser, options: PageOptions = {}): Promise<OpenedPage> {
  const { size = 'desktop', theme = 'dark', hub } = options;
  const page = await browser.newPage({ viewport: sizes[size], locale: 'en-GB', colorScheme: theme });
  if (hub !== undefined) await page.context().addCookies([hub.cookie]);
  page.setDefaultTimeout(patienceMs);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // Refused sockets and answers are what some tests are about.
    const isExpected = /WebSocket connection|Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !isExpected) problems.push(message.text());
  });
  return { page, problems };
}

/** Waits until the pill at the top says what `pattern` does. */
export async function pillSays(page: Page, pattern: RegExp): Promise<void> {
  await page.locator('pw-live-pill').filter({ hasText: pattern }).waitFor();
}

/** Presses "Try now", unless the page has come back by itself before anybody could. */
export async function tryNow(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: 'Try now' })
    .click({ timeout: 3_000 })
    .catch(() => {});
}

/** Width by which the page can be scrolled sideways; 0 is wanted. */
export function sidewaysPx(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Makes every WebSocket of this page fail from its next load on, as a proxy that knows none does. The result lets them through. */
export async function blockSockets(page: Page): Promise<() => void> {
  let isBlocked = true;
  await page.routeWebSocket(/\/live$/, async (socket) => {
    if (isBlocked) await socket.close({ code: 1011, reason: 'blocked' });
    else socket.connectToServer();
  });
  return () => {
    isBlocked = false;
  };
}
