/**
 * `ui`: what people see of the built dashboard, in a Chromium without a screen on the same machine: how soon it shows a fleet,
 * how old a tick is when it has been drawn, what that costs, and how it ages. Each part has a hub of its own.
 */
import type { Figures, ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { UiScenario } from './scenarios.ts';
import { measureAging } from './ui/aging-part.ts';
import { openBrowser } from './ui/browser.ts';
import { measureFleet } from './ui/fleet-part.ts';
import { measureLive } from './ui/live-part.ts';
import type { PartOutcome } from './ui/part.ts';
import { measurePast } from './ui/past-part.ts';

export async function runUi(scenario: UiScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const browser = await openBrowser();
  const figures: Record<string, number> = {};
  const problems: string[] = [];
  const take = (outcome: PartOutcome) => {
    Object.assign(figures, outcome.figures satisfies Figures);
    problems.push(...outcome.problems);
  };
  try {
    take(await measureAging(scenario.aging, { browser, context }));
    take(await measurePast(scenario.past, { browser, context }));
    take(await measureFleet(scenario.fleet, { name: 'fleet', browser, context }));
    take(await measureLive(scenario.live, { browser, context }));
    take(await measureFleet(scenario.crowd, { name: 'crowd', browser, context }));
    return { figures, problems, postgresVersion: null };
  } finally {
    await browser.close();
  }
}
