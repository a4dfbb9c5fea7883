/**
 * From who is away to what is told of it: rules on hosts that are down, and the one judgement of a mass outage, which
 * comes before those of its hosts.
 *
 * The outage of many is told by the rule that means most of them, as a target of no host. A host that is down stays so
 * over a restart of the hub until it is back.
 */
import type { HostJudge } from './host-judge.ts';
import type { Outage, SavedTarget } from './judgement.ts';
import { MassOutage } from './mass-outage.ts';
import { type Loss, Presence } from './presence.ts';
import type { HostDownRule } from './rule-set.ts';
import { newTarget, type Target, type TargetBook, targetKey } from './target-book.ts';

/** Names in a judgement. */
const namesMax = 20;
/** Of hosts, in one turn of the loop: each is a row to be recorded, and a thousand at once would keep ticks waiting. */
const judgementsPerPollMax = 200;

export interface HostDownPorts {
  readonly book: TargetBook;
  host(hostId: number): HostJudge | undefined;
  /** Whether there is such a rule on hosts that are down. */
  hasRule(ruleId: number): boolean;
}

export interface PollClocks {
  /** The hub's wall clock, epoch ms. */
  readonly nowMs: number;
  readonly activeMs: number;
}

export class HostDown {
  readonly presence: Presence;
  readonly #mass = new MassOutage();
  readonly #ports: HostDownPorts;
  /** Hosts with a target that fires. */
  readonly #down = new Set<HostJudge>();
  /** What is told of the mass outage; null while there is none. */
  #fleet: Target | null = null;
  /** The outage that the run before had told of is known by name only until hosts had the time to come back. */
  #isFleetRestored = false;

  constructor(ports: HostDownPorts) {
    this.#ports = ports;
    this.presence = new Presence({
      lost: (hostId, loss) => this.#lost(hostId, loss),
      back: (hostId) => this.#mass.back(hostId),
    });
  }

  get isMassOutage(): boolean {
    return this.#fleet !== null;
  }

  /** The target of the mass outage. */
  get fleet(): Target | null {
    return this.#fleet;
  }

  /** The targets of a host have been restored. */
  restored(host: HostJudge): void {
    if (!host.isDown) return;
    this.#down.add(host);
    this.presence.restoreAway(host.identity.hostId);
  }

  restoreFleet(saved: SavedTarget, rule: HostDownRule): void {
    if (this.#fleet !== null) this.#ports.book.forget(this.#fleet);
    this.#fleet = null;
    this.#isFleetRestored = saved.phase === 'firing';
    if (!this.#isFleetRestored) return;
    this.#fleet = newTarget({ ruleId: saved.ruleId, hostId: 0, series: '' }, rule, 'massOutage');
    this.#ports.book.restore(this.#fleet, saved);
  }

  rulesChanged(timeMs: number): void {
    if (this.#fleet === null || this.#ports.hasRule(this.#fleet.name.ruleId)) return;
    this.#ports.book.end(this.#fleet, { timeMs, value: null, why: 'disabled' });
    this.#fleet = null;
  }

  poll(clocks: PollClocks): void {
    const { activeMs, nowMs } = clocks;
    this.presence.poll(activeMs, nowMs);
    if (!this.#ports.book.mayJudge) return;
    let left = judgementsPerPollMax;
    if (!this.presence.isProtected(activeMs)) {
      this.#pollMass(clocks);
      for (const [hostId, loss] of this.presence.away) {
        if (left <= 0) return;
        if (!this.#mass.holds(hostId)) left -= this.#judgeAway(hostId, loss, clocks);
      }
    }
    for (const host of this.#down) {
      if (left <= 0) return;
      left -= this.#judgeDown(host, clocks);
    }
  }

  #lost(hostId: number, { sinceMs, noticedMs }: Loss): void {
    this.#mass.lost(hostId, { sinceMs, noticedMs, presentCount: this.presence.presentCount });
  }

  #pollMass(clocks: PollClocks): void {
    const { activeMs, nowMs } = clocks;
    if (this.#isFleetRestored) {
      this.#isFleetRestored = false;
      const sinceMs = activeMs - Math.max(0, nowMs - (this.#fleet?.machine.sinceMs ?? nowMs));
      this.#mass.restore(this.presence.away.keys(), { presentCount: this.presence.presentCount, sinceMs });
    }
    this.#mass.poll(activeMs);
    if (this.#mass.isFiring) this.#fireFleet(clocks);
    else if (this.#fleet !== null) {
      const occasion = { timeMs: nowMs, value: this.#mass.away.size, why: 'back', outage: this.#outage() } as const;
      if (!this.#ports.book.resolve(this.#fleet, occasion)) this.#fleet = null;
    }
  }

  #fireFleet({ activeMs, nowMs }: PollClocks): void {
    if (this.#fleet !== null) return;
    const rule = this.#ruleOfMost();
    if (rule === null) return;
    const target = newTarget({ ruleId: rule.hostRule.rule.id, hostId: 0, series: '' }, rule, 'massOutage');
    const sinceMs = nowMs - (activeMs - this.#mass.sinceMs);
    const occasion = { timeMs: nowMs, sinceMs, value: this.#mass.away.size, outage: this.#outage() };
    if (this.#ports.book.fire(target, occasion)) this.#fleet = target;
  }

  #outage(): Outage {
    const { away, connectedCount } = this.#mass;
    const names = [...away].flatMap((hostId) => this.#ports.host(hostId)?.identity.name ?? []).sort();
    return { lostCount: away.size, connectedCount, names: names.slice(0, namesMax) };
  }

  /** The rule that means most of those that are away; the oldest of several. */
  #ruleOfMost(): HostDownRule | null {
    const tallies = new Map<number, { readonly rule: HostDownRule; count: number }>();
    for (const hostId of this.#mass.away)
      for (const rule of this.#ports.host(hostId)?.rules.hostDown ?? []) {
        const tally = tallies.get(rule.hostRule.rule.id);
        if (tally === undefined) tallies.set(rule.hostRule.rule.id, { rule, count: 1 });
        else tally.count += 1;
      }
    const [most] = [...tallies].sort(([oneId, one], [otherId, other]) => other.count - one.count || oneId - otherId);
    return most?.[1].rule ?? null;
  }

  /** Fires what is due, and answers how many that were. */
  #judgeAway(hostId: number, { sinceMs }: Loss, { activeMs, nowMs }: PollClocks): number {
    const host = this.#ports.host(hostId);
    if (host === undefined) return 0;
    const awayMs = activeMs - sinceMs;
    let count = 0;
    for (const rule of host.rules.hostDown) {
      const ruleId = rule.hostRule.rule.id;
      if (awayMs < rule.afterMs || host.targets.has(targetKey(ruleId, ''))) continue;
      const target = newTarget({ ruleId, hostId, series: '' }, rule);
      if (!this.#ports.book.fire(target, { timeMs: nowMs, sinceMs: nowMs - awayMs, value: null })) break;
      host.keep(target);
      this.#down.add(host);
      count += 1;
    }
    return count;
  }

  /** Resolves what is due: the host is back, and has been for as long as the rule wants. Answers how many that were. */
  #judgeDown(host: HostJudge, { activeMs, nowMs }: PollClocks): number {
    let count = 0;
    const isAway = this.presence.away.has(host.identity.hostId);
    for (const target of host.downTargets()) {
      const { rule, machine } = target;
      if (isAway) machine.goodSinceMs = Number.NaN;
      // On the active clock here, as nothing comes of ticks.
      else if (Number.isNaN(machine.goodSinceMs)) machine.goodSinceMs = activeMs;
      if (rule.kind !== 'hostDown' || !(activeMs - machine.goodSinceMs >= rule.keepFiringMs)) continue;
      // Of one that has left meanwhile, as by a revocation, nobody can say that it is back: it is no longer judged.
      const why = this.presence.hasLeft(host.identity.hostId) ? 'disabled' : 'back';
      this.#ports.book.resolve(target, { timeMs: nowMs, value: null, why });
      host.keep(target);
      count += 1;
    }
    if (!host.isDown) this.#down.delete(host);
    return count;
  }
}
