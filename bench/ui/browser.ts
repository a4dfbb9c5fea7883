/**
 * The browser that the dashboard is measured in: the Chromium packed for small servers, without a screen. It and what
 * drives it are installed for development only, so they are asked for when they are needed.
 */
import type { Browser } from 'playwright-core';
import { ConfigError } from '#core/errors.ts';

/** Throws ConfigError where it is not installed. */
export async function openBrowser(): Promise<Browser> {
  const { chromium, packed } = await loadLibraries();
  return chromium.launch({
    executablePath: await packed.executablePath(),
    args: ['--no-sandbox', '--font-render-hinting=none'],
  });
}

async function loadLibraries() {
  try {
    const { chromium } = await import('playwright-core');
    return { chromium, packed: (await import('@sparticuz/chromium')).default };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new ConfigError([
      'ui measures in a browser: playwright-core and @sparticuz/chromium must be installed (npm ci, without --omit=dev)',
    ]);
  }
}
