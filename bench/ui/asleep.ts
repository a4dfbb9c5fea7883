/**
 * A page whose machine sleeps: its process is stopped while the hub goes on sending, and goes on after that. What it was sent
 * meanwhile must not be played back frame by frame.
 */
import type { Browser } from 'playwright-core';
import type { Figures } from '../scenario.ts';
import { sleep } from '../session.ts';
import type { MeasuredPage } from './measured-page.ts';

const watchMs = 4_000;
/** A tick that is no older than this is the newest. */
const currentMs = 1_200;

/** `name` begins the names of the figures. */
export async function measureAsleep(
  page: MeasuredPage,
  { name, browser, asleepMs }: { readonly name: string; readonly browser: Browser; readonly asleepMs: number },
): Promise<Figures> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  await page.record();
  for (const pid of renderers) process.kill(pid, 'SIGSTOP');
  try {
    await sleep(asleepMs);
  } finally {
    for (const pid of renderers) process.kill(pid, 'SIGCONT');
  }
  const wokenMs = Date.now();
  await sleep(watchMs);
  const { frames } = await page.report();
  const after = frames.filter(({ atMs }) => atMs >= wokenMs);
  const current = after.find(({ atMs, tickMs }) => atMs - tickMs < currentMs);
  await session.detach();
  return {
    [`${name}AwokenCurrentMs`]: current === undefined ? Number.POSITIVE_INFINITY : current.atMs - wokenMs,
    [`${name}AwokenDraws`]: after.filter(({ atMs }) => atMs - wokenMs < 1_000).length,
  };
}
