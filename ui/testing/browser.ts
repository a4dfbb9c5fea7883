/** A Chromium that needs nothing of the system: the one packed for small servers, as root too. */
import packedChromium from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await packedChromium.executablePath(),
    args: ['--no-sandbox', '--font-render-hinting=none'],
  });
}
