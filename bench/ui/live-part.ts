/**
 * A hundred hosts that tick each second: how old a tick is when it has been drawn, on the page of a host and in the
 * overview, and what part of a core the main thread takes to draw 200 sparklines, or all charts of a host.
 */
import type { Browser } from 'playwright-core';
import type { AgentsMethods } from '../agents.process.ts';
import type { Generator } from '../generator.ts';
import type { Figures, ScenarioContext } from '../scenario.ts';
import type { LivePart } from '../scenarios.ts';
import { sleep, withAgents, withHub } from '../session.ts';
import { measureAsleep } from './asleep.ts';
import { busynessFigures, shortLatencies } from './figures.ts';
import { hostSeries } from './host-series.ts';
import { type Busyness, openPage } from './measured-page.ts';
import type { PartOutcome } from './part.ts';

/** So large that 50 cards, or 24 charts, are in sight at once. */
const largeScreen = { width: 2_560, height: 2_000 };
const sparklinesPerCard = 4;
/** Begins the names of one half of the hosts, so that a search shows that half. */
const halfName = 'half';
const hostQuery = '?host=bench-0000';

/** Where pages are opened, and what went wrong in them. */
interface Site {
  readonly browser: Browser;
  readonly port: number;
  readonly part: LivePart;
  readonly problems: string[];
}

export function measureLive(
  part: LivePart,
  { browser, context }: { readonly browser: Browser; readonly context: ScenarioContext },
): Promise<PartOutcome> {
  return withHub(context, (session) => {
    const { port } = session.hub.folder;
    const startsInMs = 2_000 + (part.hostCount / part.connectsPerSec) * 1_500;
    const plan = {
      port,
      agentCount: part.hostCount / 2,
      metricCount: hostSeries.length,
      series: hostSeries,
      tickCount: 60,
      intervalMs: 1_000,
      replays: true,
      startsInMs,
      seed: 1,
    };
    const measure = async (...swarms: readonly Generator<AgentsMethods>[]): Promise<PartOutcome> => {
      for (const agents of swarms) {
        await agents.call('connect', { perSecond: part.connectsPerSec, count: plan.agentCount });
        await agents.call('startTicks', null);
      }
      await sleep(startsInMs);
      const problems: string[] = [];
      const figures = await measurePages({ browser, port, part, problems }, context);
      const reports = await Promise.all(swarms.map((agents) => agents.call('report', null)));
      const generatorLatenessP99Ms = Math.max(...reports.map(({ lateness }) => lateness.p99Ms));
      return { figures: { ...figures, generatorLatenessP99Ms }, problems };
    };
    return withAgents(plan, (agents) => withAgents({ ...plan, prefix: halfName }, (others) => measure(agents, others)));
  });
}

async function measurePages(site: Site, context: ScenarioContext): Promise<Figures> {
  const { measureMs, busyMs, asleepMs } = site.part;
  const overview = await view(site, { query: '', durationMs: measureMs });
  context.say('The overview is measured');
  const host = await view(site, { query: hostQuery, durationMs: measureMs });
  const asleep = asleepMs === 0 ? {} : await viewAsleep(site);
  context.say('The page of a host is measured');
  const halfQuery = `?view=cards&group=&q=${halfName}`;
  const cards = await view(site, { query: halfQuery, screen: largeScreen, durationMs: busyMs });
  const charts = await view(site, { query: `${hostQuery}&cols=3`, screen: largeScreen, durationMs: busyMs });
  return {
    ...shortLatencies('overviewTickToDrawn', overview.report.latenciesMs),
    ...shortLatencies('hostTickToDrawn', host.report.latenciesMs),
    ...asleep,
    ...busynessFigures('overview', overview),
    ...busynessFigures('host', host),
    ...busynessFigures('sparklines', cards),
    sparklineCount: cards.report.canvasCount * sparklinesPerCard,
    ...busynessFigures('charts', charts),
    chartCount: charts.report.canvasCount,
  };
}

/** Opens a page, lets it come to rest, and watches it for so long. */
async function view(
  { browser, port, part, problems }: Site,
  options: { readonly query: string; readonly screen?: typeof largeScreen; readonly durationMs: number },
): Promise<Busyness> {
  const { query, screen, durationMs } = options;
  const page = await openPage(browser, { ...screen, port });
  await page.open(`http://127.0.0.1:${port}/dashboard${query}`);
  await sleep(part.warmupMs);
  const busyness = await page.busyness(durationMs);
  problems.push(...page.problems);
  if (busyness.report.frames.length === 0) problems.push(`ticks must be drawn at "${query}": got none`);
  await page.close();
  return busyness;
}

async function viewAsleep({ browser, port, part, problems }: Site): Promise<Figures> {
  const page = await openPage(browser, { port });
  await page.open(`http://127.0.0.1:${port}/dashboard${hostQuery}`);
  const figures = await measureAsleep(page, { name: 'host', browser, asleepMs: part.asleepMs });
  problems.push(...page.problems);
  await page.close();
  return figures;
}
