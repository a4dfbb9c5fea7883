/**
 * Metrics that hosts really have, to be chosen from: names with how many series each has, keys where there are labels,
 * and labels with their values. The first few hosts are looked at, since those that a rule means are much alike.
 */
import { seriesMatcherOf } from '#core/selector.ts';
import { parseSeriesKey } from '#core/series.ts';
import type { HubClient } from '../api/client.ts';
import { parseLatest } from '../api/fleet.ts';
import { compareNames, unitOfKey } from '../model/names.ts';
import { Signal } from './signal.ts';

const metricHostsMax = 6;

export interface MetricChoice {
  readonly value: string;
  readonly hint?: string;
}

export interface MetricChoicesPorts {
  readonly client: HubClient;
  readonly background: (work: Promise<void>) => void;
}

export class MetricChoices {
  readonly changed = new Signal();
  readonly #ports: MetricChoicesPorts;
  readonly #keysOf = new Map<string, readonly string[]>();
  #wanted: readonly string[] = [];
  #metrics: readonly MetricChoice[] = [];
  #keys: readonly string[] = [];
  readonly #abort = new AbortController();

  constructor(ports: MetricChoicesPorts) {
    this.#ports = ports;
  }

  get metrics(): readonly MetricChoice[] {
    return this.#metrics;
  }

  /** Labels of the series that these patterns mean, `name=value` each. */
  labelsOf(patterns: readonly string[]): readonly MetricChoice[] {
    return labelChoicesOf(this.#keys.filter(seriesMatcherOf({ patterns, labels: {} })));
  }

  /** Names of hosts whose metrics are of interest. A host is asked once. */
  want(hostNames: readonly string[]): void {
    const wanted = hostNames.slice(0, metricHostsMax);
    if (wanted.length === this.#wanted.length && wanted.every((name, index) => name === this.#wanted[index])) return;
    this.#wanted = wanted;
    this.#compose();
    for (const name of wanted) {
      if (this.#keysOf.has(name)) continue;
      this.#keysOf.set(name, []);
      this.#ports.background(this.#read(name));
    }
  }

  release(): void {
    this.#abort.abort();
  }

  async #read(name: string): Promise<void> {
    const { signal } = this.#abort;
    const asked = await this.#ports.client.getJson(`/fetch/latest?host=${encodeURIComponent(name)}`, { signal });
    if (signal.aborted) return;
    if (asked.kind === 'failed') {
      // Asked again with the next change.
      this.#keysOf.delete(name);
      return;
    }
    const tick = parseLatest(asked.value.body).get(name);
    this.#keysOf.set(name, tick === undefined ? [] : [...tick.values.keys()]);
    this.#compose();
    this.changed.announce();
  }

  #compose(): void {
    this.#keys = [...new Set(this.#wanted.flatMap((name) => this.#keysOf.get(name) ?? []))];
    this.#metrics = metricChoicesOf(this.#keys);
  }
}

/** Names first, then keys of those that have labels. */
export function metricChoicesOf(keys: readonly string[]): readonly MetricChoice[] {
  const counts = new Map<string, number>();
  const labelled: MetricChoice[] = [];
  for (const key of keys) {
    const parsed = parseSeriesKey(key);
    const name = parsed?.name ?? key;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (parsed !== null && Object.keys(parsed.labels).length > 0) labelled.push({ value: key, hint: unitOfKey(key) });
  }
  const names = [...counts].map(([value, count]): MetricChoice => {
    return { value, hint: count > 1 ? `${count} series a host` : unitOfKey(value) };
  });
  const byValue = (a: MetricChoice, b: MetricChoice) => compareNames(a.value, b.value);
  return [...names.sort(byValue), ...labelled.sort(byValue)];
}

export function labelChoicesOf(keys: readonly string[]): readonly MetricChoice[] {
  const texts = new Set<string>();
  for (const key of keys)
    for (const [name, value] of Object.entries(parseSeriesKey(key)?.labels ?? {})) texts.add(`${name}=${value}`);
  return [...texts].sort(compareNames).map((value) => ({ value }));
}
