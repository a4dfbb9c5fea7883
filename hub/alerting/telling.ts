/**
 * Who is told of an event, and if nobody why: channels, downtimes, silences, and outages that swallow what follows from
 * them. Decides by what is so at the moment; changes nothing.
 */
import type { Downtime, Silence } from '#core/downtime.ts';
import type { AlertDecision, Rule } from '#core/rule-spec.ts';
import type { SelectableHost } from '#core/selector.ts';
import { cutText } from '#core/utf8.ts';
import type { Channel } from '../notices/channel.ts';
import type { OutboxRow } from '../store/alerts/record.ts';
import type { AlertTarget } from './alert-target.ts';
import type { Suppression } from './suppression.ts';

export interface TellingPorts {
  /** null for a host that is not known (any more). */
  host(hostId: number): SelectableHost | null;
  hostByName(hostName: string): SelectableHost | null;
  isHostDown(hostId: number): boolean;
  /** Whether an outage of many hosts at once fires and people were told so. */
  isMassOutageTold(): boolean;
}

export interface TellingSettings {
  readonly noticeWaitMs: number;
  readonly noticeIntervalMs: number;
}

export interface Verdict {
  readonly decision: AlertDecision;
  readonly notices: readonly OutboxRow[];
  /** What answers "why". */
  readonly trace: {
    readonly downtime?: { readonly id: number; readonly author: string; readonly reason: string };
    readonly silence?: { readonly id: number; readonly author: string; readonly comment: string };
    readonly group?: string;
    readonly channels?: readonly string[];
    /** Channels that the rule names and that do not exist or are off. */
    readonly missingChannels?: readonly string[];
  };
}

/** Hosts of an outage that no downtime covers, below which it is no news. */
const newsHostsMin = 5;
const groupCharactersMax = 500;

export class Telling {
  readonly #ports: TellingPorts;
  readonly #suppression: Suppression;
  readonly #settings: TellingSettings;
  #channels: ReadonlyMap<string, Channel> = new Map();

  constructor(ports: TellingPorts, options: { readonly suppression: Suppression; readonly settings: TellingSettings }) {
    this.#ports = ports;
    this.#suppression = options.suppression;
    this.#settings = options.settings;
  }

  setChannels(channels: readonly Channel[]): void {
    this.#channels = new Map(channels.filter(({ isEnabled }) => isEnabled).map((channel) => [channel.name, channel]));
  }

  channels(): IterableIterator<Channel> {
    return this.#channels.values();
  }

  /**
   * Of a target as it is now. `channelNames`: others than those of the rule; null for the rule's. `rule`: null when it is
   * known no more: all channels are told, as nobody can say which were.
   */
  decide(
    target: AlertTarget,
    options: { readonly rule: Rule | null; readonly channelNames: readonly string[] | null; readonly nowMs: number },
  ): Verdict {
    const { rule, nowMs } = options;
    const names = options.channelNames ?? rule?.spec.channels ?? null;
    const chosen =
      names === null ? [...this.#channels.values()] : names.flatMap((name) => this.#channels.get(name) ?? []);
    const missing = names === null ? [] : names.filter((name) => !this.#channels.has(name));
    const missingChannels = missing.length === 0 ? {} : { missingChannels: missing };
    const quiet = this.#quietBy(target, rule, nowMs);
    if (quiet !== null) return { ...quiet, notices: [], trace: { ...quiet.trace, ...missingChannels } };
    if (chosen.length === 0) return { decision: 'noChannel', notices: [], trace: missingChannels };
    const groupKey = this.#groupOf(target, rule);
    const { noticeWaitMs: waitMs, noticeIntervalMs: intervalMs } = this.#settings;
    return {
      decision: 'told',
      notices: chosen.map(({ id: channelId }) => ({ channelId, groupKey, waitMs, intervalMs, isSent: false })),
      trace: { group: groupKey, channels: chosen.map(({ name }) => name), ...missingChannels },
    };
  }

  #quietBy(target: AlertTarget, rule: Rule | null, nowMs: number): Omit<Verdict, 'notices'> | null {
    const { name, cause, severity } = target;
    const host = name.hostId === 0 ? null : this.#ports.host(name.hostId);
    if (target.phase === 'firing') {
      if (cause === 'hostDown' && this.#ports.isMassOutageTold()) return { decision: 'massOutage', trace: {} };
      if (cause !== 'hostDown' && name.hostId !== 0 && this.#ports.isHostDown(name.hostId))
        return { decision: 'hostDown', trace: {} };
    }
    const downtime = host === null ? this.#fleetDowntime(target, nowMs) : this.#suppression.downtimeOf(host, nowMs);
    if (downtime !== null) return { decision: 'downtime', trace: { downtime: shownDowntime(downtime) } };
    const ruleName = rule?.name ?? '';
    const silence = this.#suppression.silenceOf({ host, ruleName, series: name.series, severity }, nowMs);
    return silence === null ? null : { decision: 'silenced', trace: { silence: shownSilence(silence) } };
  }

  /** Planned work on many hosts at once is no outage: those that nobody expected to go must be enough for one. */
  #fleetDowntime(target: AlertTarget, nowMs: number): Downtime | null {
    const { outage } = target;
    if (outage === null) return null;
    let covering: Downtime | null = null;
    let coveredCount = 0;
    for (const name of outage.names) {
      const downtime = this.#suppression.downtimeOf({ name, tags: this.#ports.hostByName(name)?.tags ?? {} }, nowMs);
      if (downtime === null) continue;
      covering = downtime;
      coveredCount += 1;
    }
    // The names are the first of those lost: what holds for them is taken to hold for the others.
    const unexpected = outage.lostCount * (1 - coveredCount / Math.max(1, outage.names.length));
    return unexpected < newsHostsMin ? covering : null;
  }

  #groupOf({ name }: AlertTarget, rule: Rule | null): string {
    const tags = this.#ports.host(name.hostId)?.tags ?? {};
    const values = (rule?.spec.groupBy ?? []).map((tag) => `${tag}=${tags[tag] ?? ''}`);
    return cutText([`rule ${name.ruleId}`, ...values].join(', '), groupCharactersMax);
  }
}

function shownDowntime({ id, spec }: Downtime) {
  return { id, author: spec.author, reason: spec.reason };
}

function shownSilence({ id, spec }: Silence) {
  return { id, author: spec.author, comment: spec.comment };
}
