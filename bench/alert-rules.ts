/**
 * The rules of the scenarios about alerts, as the file of alerts has them, and the waves that make some of them fire.
 * Percentages of the data set lie in 0..100, so that only a wave crosses 100.
 */
import { metricName } from './dataset.ts';
import type { Wave } from './waves.ts';

/** A rule as people write it (docs/api.md). */
export type RuleText = Readonly<Record<string, unknown>>;

/** What a wave writes: above every threshold that is meant to be crossed, below every other. */
export const highValue = 500;
const threshold = 100;
/** No value of the data set or of a wave comes near it. */
const unreachable = 1e15;

/** Hosts of a swarm, by their place. */
export function hostNameOf(prefix: string, index: number): string {
  return `${prefix}-${String(index).padStart(4, '0')}`;
}

/** Places of the metrics that are percentages. */
export function percentMetrics(metricCount: number): number[] {
  return Array.from({ length: metricCount }, (_, metric) => metric).filter((metric) => metric % 5 <= 1);
}

/**
 * Rules that mean every host and never fire: one in ten looks at an average over a minute, one in ten at a rate, half of them
 * want to be bad for a minute, one in four has a threshold of its own for recovery.
 */
export function fleetRules(count: number, metricCount: number): RuleText[] {
  return Array.from({ length: count }, (_, index) => {
    const limits =
      index % 3 === 2
        ? { condition: 'outside', low: -unreachable, high: unreachable }
        : index % 3 === 1
          ? { condition: 'below', threshold: -unreachable, ...(index % 4 === 0 ? { recovery: 0 } : {}) }
          : { condition: 'above', threshold: unreachable, ...(index % 4 === 0 ? { recovery: 1e6 } : {}) };
    const input = index % 10 === 3 ? { average: 60 } : index % 10 === 7 ? { rate: 60 } : 'value';
    return {
      name: `fleet ${index}`,
      metric: metricName(index % metricCount),
      input,
      ...limits,
      for: index % 2 === 0 ? 60 : 0,
    };
  });
}

export interface HostRulePlan {
  readonly prefix: string;
  readonly hostCount: number;
  readonly metricCount: number;
  readonly count: number;
}

/** Where the rule of one host and series with this number looks. */
export function placeOf({ hostCount, metricCount }: HostRulePlan, index: number): { host: number; metric: number } {
  const metrics = percentMetrics(metricCount);
  return { host: index % hostCount, metric: metrics[Math.floor(index / hostCount) % metrics.length]! };
}

export function hostRuleName(index: number): string {
  return `host rule ${index}`;
}

/** Rules of one host each, which fire at the first tick above the threshold and resolve at the first one below. */
export function hostRules(plan: HostRulePlan): RuleText[] {
  return Array.from({ length: plan.count }, (_, index) => {
    const { host, metric } = placeOf(plan, index);
    return {
      name: hostRuleName(index),
      hosts: { names: [hostNameOf(plan.prefix, host)] },
      metric: metricName(metric),
      condition: 'above',
      threshold,
      for: 0,
      keep_firing: 0,
    };
  });
}

/** One pulse for each of the first rules: they rise one after the other over `halfTicks`, and fall so afterwards. */
export function pulses(
  plan: HostRulePlan,
  of: { readonly count: number; readonly fromTick: number; readonly halfTicks: number },
): Wave[] {
  return Array.from({ length: of.count }, (_, index) => {
    const fromTick = of.fromTick + (index % of.halfTicks);
    return {
      ...placeOf(plan, index),
      fromTick,
      halfTicks: of.halfTicks,
      toTick: fromTick + of.halfTicks,
      high: highValue,
    };
  });
}

/** A file with one webhook and these rules. */
export function alertsFileText(webhookUrl: string, rules: readonly RuleText[]): string {
  const channels = [{ name: 'bench', kind: 'webhook', settings: { url: webhookUrl } }];
  return JSON.stringify({ channels, rules });
}
