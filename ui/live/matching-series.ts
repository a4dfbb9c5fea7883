/**
 * The series that a rule means right now, of the hosts that it means: asked of storage (the last minutes, a few buckets
 * each), so that units, newest values and extremes are known as well. Asked again when the rule means others, and when
 * hosts come or go. Of a large fleet the first hundred hosts are looked at.
 */

import type { QueriedSeries } from '#core/query-columns.ts';
import type { HostSelector, SeriesSelector } from '#core/rule-spec.ts';
import { seriesMatcherOf } from '#core/selector.ts';
import type { Asked, AskOptions, HubClient } from '../api/client.ts';
import { readHistory } from '../api/history.ts';
import { matchingHosts } from '../model/host-choice.ts';
import type { Fleet } from './fleet.ts';
import { Signal } from './signal.ts';

export interface FoundSeries {
  readonly host: string;
  readonly key: string;
  readonly unit: string;
  readonly newest: number;
  readonly lowest: number;
  readonly highest: number;
}

/** As many hosts as one query may name. */
export const lookedAtMax = 100;
const spanMs = 15 * 60_000;
const buckets = 15;
/** While somebody types, or hosts come in one after the other. */
const settleMs = 250;

export interface MatchingSeriesPorts {
  readonly client: HubClient;
  readonly fleet: Fleet;
  readonly hubMs: () => number;
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly background: (work: Promise<void>) => void;
}

export class MatchingSeries {
  readonly changed = new Signal();
  readonly #ports: MatchingSeriesPorts;
  readonly #unsubscribe: () => void;
  #selector: { readonly hosts: HostSelector; readonly series: SeriesSelector } | null = null;
  #askedFor = '';
  #found: readonly FoundSeries[] = [];
  #hostNames: readonly string[] = [];
  #why: string | null = null;
  #isLoading = false;
  #cancelTimer: (() => void) | null = null;
  #abort: AbortController | null = null;

  constructor(ports: MatchingSeriesPorts) {
    this.#ports = ports;
    this.#unsubscribe = ports.fleet.listChanged.subscribe(() => this.#plan());
  }

  /** Empty while nothing is known. */
  get found(): readonly FoundSeries[] {
    return this.#found;
  }

  /** Names of hosts that are meant, all of them. */
  get hostNames(): readonly string[] {
    return this.#hostNames;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** Why they are not known; null when they are, or are on their way. */
  get why(): string | null {
    return this.#why;
  }

  /** null: the rule looks at no series. */
  want(selector: { readonly hosts: HostSelector; readonly series: SeriesSelector } | null): void {
    this.#selector = selector;
    this.#plan();
  }

  retry(): void {
    this.#askedFor = '';
    this.#plan();
  }

  release(): void {
    this.#unsubscribe();
    this.#cancelTimer?.();
    this.#abort?.abort();
  }

  #plan(): void {
    const selector = this.#selector;
    this.#hostNames =
      selector === null ? [] : matchingHosts(this.#ports.fleet.hosts, selector.hosts).map(({ name }) => name);
    const wanted = selector === null ? '' : JSON.stringify([selector.series, this.#hostNames.slice(0, lookedAtMax)]);
    if (wanted === this.#askedFor) return;
    this.#askedFor = wanted;
    this.#cancelTimer?.();
    this.#isLoading = selector !== null;
    this.#cancelTimer = this.#ports.after(this.#found.length === 0 ? 0 : settleMs, () => this.#ask());
    this.changed.announce();
  }

  #ask(): void {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const selector = this.#selector;
    const work = async () => {
      const asked: Asked<readonly FoundSeries[]> =
        selector === null || this.#hostNames.length === 0
          ? { kind: 'ok', value: [] }
          : await readMatching(this.#ports.client, {
              hosts: this.#hostNames.slice(0, lookedAtMax),
              series: selector.series,
              nowMs: this.#ports.hubMs(),
              signal: abort.signal,
            });
      if (abort.signal.aborted) return;
      this.#isLoading = false;
      this.#found = asked.kind === 'ok' ? asked.value : [];
      this.#why = asked.kind === 'ok' ? null : asked.why;
      this.changed.announce();
    };
    this.#ports.background(work());
  }
}

async function readMatching(
  client: HubClient,
  {
    hosts,
    series,
    nowMs,
    signal,
  }: AskOptions & { readonly hosts: readonly string[]; readonly series: SeriesSelector; readonly nowMs: number },
): Promise<Asked<readonly FoundSeries[]>> {
  const patterns = queryPatterns(series.patterns);
  const query = { series: patterns, startMs: nowMs - spanMs, endMs: nowMs + 1_000, points: buckets };
  const options = signal === undefined ? {} : { signal };
  const first = await readHistory(client, { hosts, ...query }, options);
  // Of very many series fewer hosts are looked at.
  const asked =
    first.kind === 'failed' && first.status === 400 && hosts.length > 5
      ? await readHistory(client, { hosts: hosts.slice(0, 5), ...query }, options)
      : first;
  if (asked.kind === 'failed') return asked;
  const isMeant = seriesMatcherOf(series);
  return { kind: 'ok', value: asked.value.series.filter((one) => isMeant(one.series)).map(foundOf) };
}

/** A name means every label set of it: a query asks for those by a glob. */
export function queryPatterns(patterns: readonly string[]): readonly string[] {
  const all = patterns.length === 0 ? ['*'] : patterns;
  return all.flatMap((pattern) => (/[*{]/.test(pattern) ? [pattern] : [pattern, `${pattern}{*`])).slice(0, 100);
}

function foundOf({ host, series: key, unit, content }: QueriedSeries): FoundSeries {
  if (content.kind === 'samples') {
    const values = content.samples.values.filter((value) => !Number.isNaN(value));
    return {
      host,
      key,
      unit,
      newest: values.at(-1) ?? Number.NaN,
      lowest: extreme(values, Math.min),
      highest: extreme(values, Math.max),
    };
  }
  const { min, max, sum, count } = content.buckets;
  let newest = Number.NaN;
  for (let index = 0; index < count.length; index += 1) if (count[index]! > 0) newest = sum[index]! / count[index]!;
  return { host, key, unit, newest, lowest: extreme(min, Math.min), highest: extreme(max, Math.max) };
}

/** NaN when there is none. */
function extreme(values: Float64Array, pick: (a: number, b: number) => number): number {
  let found = Number.NaN;
  for (const value of values) if (!Number.isNaN(value)) found = Number.isNaN(found) ? value : pick(found, value);
  return found;
}
