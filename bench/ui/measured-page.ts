/** A page of the dashboard with the probe in it, and what Chromium itself counts: CPU time, memory, bytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { withDeadline } from '../deadline.ts';
import { packageFolder } from '../hub-process.ts';
import { signIn } from './sign-in.ts';

export interface PageReport {
  /** Tick due → drawn. */
  readonly latenciesMs: readonly number[];
  /** Frames in which a canvas was painted, and the newest tick in them. */
  readonly frames: readonly { readonly atMs: number; readonly canvases: number; readonly tickMs: number }[];
  /** Canvases with values of a host that were painted. */
  readonly canvasCount: number;
  /** Tasks of the main thread over 50 ms. */
  readonly longTasks: readonly number[];
  /** From the press of a key to the frame after it, of those that took 16 ms or more. */
  readonly inputsMs: readonly number[];
}

export interface Busyness {
  /** CPU time of the main thread as a part of one core. */
  readonly coreRatio: number;
  /** The time that its tasks took by the clock: more where other processes had the core meanwhile. */
  readonly taskRatio: number;
  readonly report: PageReport;
}

/** Nothing that is waited for takes longer in a run that is worth anything. */
const waitMsMax = 60_000;

export class MeasuredPage {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #cdp: CDPSession;
  readonly problems: string[] = [];
  #assetBytes = 0;

  /** Made by `openPage`. */
  constructor(page: Page, { context, cdp }: { readonly context: BrowserContext; readonly cdp: CDPSession }) {
    this.page = page;
    this.#context = context;
    this.#cdp = cdp;
    page.setDefaultTimeout(waitMsMax);
    page.on('pageerror', (error) => this.problems.push(`page: ${error.message}`));
    const kinds = new Map<string, string>();
    cdp.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
    cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (['Script', 'Stylesheet'].includes(kinds.get(requestId) ?? '')) this.#assetBytes += encodedDataLength;
    });
  }

  /** Scripts and styles as they came over the wire, with their headers. */
  get assetBytes(): number {
    return this.#assetBytes;
  }

  get cdp(): CDPSession {
    return this.#cdp;
  }

  /** Opens an address and waits for the first frame with values of a host; the result is when that was, ms after the start. */
  async open(address: string): Promise<number> {
    await this.page.goto(address);
    const drawn = this.page.evaluate('benchProbe.firstDrawn') as Promise<number>;
    return withDeadline(drawn, { msMax: waitMsMax, what: () => `draw ${address}: ${this.problems.join('; ')}` });
  }

  /** Starts anew to keep what the probe sees. */
  async record(): Promise<void> {
    await this.page.evaluate('benchProbe.record()');
  }

  async report(): Promise<PageReport> {
    return (await this.page.evaluate('benchProbe.report()')) as PageReport;
  }

  /** What the main thread takes while the page is left alone for so long. */
  async busyness(durationMs: number): Promise<Busyness> {
    await this.record();
    const before = await this.#metrics();
    await this.page.waitForTimeout(durationMs);
    const after = await this.#metrics();
    const report = await this.report();
    const part = (name: string) => (after(name) - before(name)) / (after('Timestamp') - before('Timestamp'));
    return { coreRatio: part('ThreadTime'), taskRatio: part('TaskDuration'), report };
  }

  /** Bytes of the heap of JavaScript that are in use after a full collection. */
  async heapBytes(): Promise<number> {
    // Twice: what a finalizer frees goes with the second.
    await this.#cdp.send('HeapProfiler.collectGarbage');
    await this.#cdp.send('HeapProfiler.collectGarbage');
    return (await this.#cdp.send('Runtime.getHeapUsage')).usedSize;
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async #metrics(): Promise<(name: string) => number> {
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    return (name) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  }
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  /** Whether its clock can be made to run faster. */
  readonly withClock?: boolean;
  /** Of the hub that it is shown by, as an admin who has signed in; a hub that asks nobody when absent. */
  readonly port?: number;
}

/** A page with an empty cache; nothing is loaded yet. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<MeasuredPage> {
  const { width = 1_440, height = 900, withClock = false, port } = options;
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', colorScheme: 'dark' });
  if (port !== undefined) await context.addCookies([await signIn(port)]);
  const page = await context.newPage();
  const scripts = [...(withClock ? ['page-clock.js'] : []), 'probe.js'];
  const content = scripts.map((name) => readFileSync(join(packageFolder(), 'bench/ui', name), 'utf8')).join('\n');
  await page.addInitScript({ content });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Performance.enable');
  return new MeasuredPage(page, { context, cdp });
}
