/**
 * Which downtime or silence keeps an alert quiet at a moment. Selectors are compiled once, schedules keep their
 * current window.
 */
import type { Downtime, Silence } from '#core/downtime.ts';
import { globsMatcherOf } from '#core/glob.ts';
import type { Severity } from '#core/rule-spec.ts';
import { ScheduleClock } from '#core/schedule.ts';
import { type HostMatcher, hostMatcherOf, type SelectableHost, seriesMatcherOf } from '#core/selector.ts';

/** What is to be told of. */
export interface SuppressedSubject {
  /** null: the fleet as a whole. */
  readonly host: SelectableHost | null;
  readonly ruleName: string;
  readonly series: string;
  readonly severity: Severity;
}

interface CompiledDowntime {
  readonly downtime: Downtime;
  readonly isMeant: HostMatcher;
  readonly clock: ScheduleClock;
}

interface CompiledSilence {
  readonly silence: Silence;
  readonly isMeant: (subject: SuppressedSubject) => boolean;
}

export class Suppression {
  #downtimes: readonly CompiledDowntime[] = [];
  /** Those in whose window `#activeMs` lies: a burst of events asks for the same moment again and again. */
  #active: readonly CompiledDowntime[] = [];
  #activeMs = Number.NaN;
  #silences: readonly CompiledSilence[] = [];
  /** By what they were compiled of: one that is new leaves the others as they are. */
  readonly #compiledDowntimes = new WeakMap<Downtime, CompiledDowntime>();
  readonly #compiledSilences = new WeakMap<Silence, CompiledSilence>();

  set({
    downtimes,
    silences,
  }: {
    readonly downtimes: readonly Downtime[];
    readonly silences: readonly Silence[];
  }): void {
    this.#downtimes = downtimes.map((downtime) => this.#downtime(downtime));
    this.#activeMs = Number.NaN;
    this.#silences = silences.map((silence) => this.#silence(silence));
  }

  #downtime(downtime: Downtime): CompiledDowntime {
    let compiled = this.#compiledDowntimes.get(downtime);
    if (compiled === undefined) {
      const { hosts, schedule } = downtime.spec;
      compiled = { downtime, isMeant: hostMatcherOf(hosts), clock: new ScheduleClock(schedule) };
      this.#compiledDowntimes.set(downtime, compiled);
    }
    return compiled;
  }

  #silence(silence: Silence): CompiledSilence {
    let compiled = this.#compiledSilences.get(silence);
    if (compiled === undefined) {
      compiled = { silence, isMeant: silenceMatcherOf(silence) };
      this.#compiledSilences.set(silence, compiled);
    }
    return compiled;
  }

  /** The downtime that covers the host now; null for none. */
  downtimeOf(host: SelectableHost, nowMs: number): Downtime | null {
    if (nowMs !== this.#activeMs) {
      this.#active = this.#downtimes.filter(({ clock }) => clock.isWithin(nowMs));
      this.#activeMs = nowMs;
    }
    return this.#active.find(({ isMeant }) => isMeant(host))?.downtime ?? null;
  }

  /** The silence that covers the alert now; null for none. */
  silenceOf(subject: SuppressedSubject, nowMs: number): Silence | null {
    for (const { silence, isMeant } of this.#silences) if (nowMs < silence.untilMs && isMeant(subject)) return silence;
    return null;
  }
}

function silenceMatcherOf({ spec }: Silence): (subject: SuppressedSubject) => boolean {
  const { hosts, rules, series, severities } = spec;
  const isHost = hostMatcherOf(hosts);
  const meansAnyHost =
    hosts.names.length + hosts.notNames.length + Object.keys(hosts.tags).length + Object.keys(hosts.notTags).length ===
    0;
  const isRule = rules.length === 0 ? () => true : globsMatcherOf(rules);
  const isSeries = series.length === 0 ? () => true : seriesMatcherOf({ patterns: series, labels: {} });
  return (subject) =>
    (severities.length === 0 || severities.includes(subject.severity)) &&
    isRule(subject.ruleName) &&
    isSeries(subject.series) &&
    (subject.host === null ? meansAnyHost : isHost(subject.host));
}
