/**
 * Which hosts are away without having said so. Time is active ms (`core/active-clock.ts`) since the hub started.
 *
 *   present --connection closed--> away            a bye or a revocation before it: left, and nobody waits for it
 *      ^  \--connected, no tick for 30 s or ten intervals--> away
 *      '------- a new connection, or a tick where ticks were missing
 *
 * Never because of us: for a minute after a start and half a minute after a pause nothing is an outage yet. A host of
 * which the start has heard nothing is away from the start on, unless its agent had said bye or it has not ticked for a
 * day. Nor is one away that is at another hub on the same database (`elsewhere.ts`). Hosts that push have no connection, and portable ones sleep: neither is judged.
 */

/**
 * `closed`: its connection has. `silent`: connected, but no ticks. `absent`: it has not come back since the start, or is
 * no longer at the hub where it was.
 */
export type LossKind = 'closed' | 'silent' | 'absent';

export interface Loss {
  readonly kind: LossKind;
  /** When it was last there, and when that was noticed, active ms. */
  readonly sinceMs: number;
  readonly noticedMs: number;
}

export interface PresenceListener {
  lost(hostId: number, loss: Loss): void;
  back(hostId: number): void;
}

export interface WatchedHost {
  /** false: its absence is no outage. */
  readonly isJudged: boolean;
  readonly intervalMs: number;
  /** Its agent had said bye when the hub learned of it. */
  readonly hasLeft: boolean;
  /** Time of its newest tick, epoch ms; 0 for never. */
  readonly lastMs: number;
}

interface Watch {
  isJudged: boolean;
  intervalMs: number;
  lastMs: number;
  hasLeft: boolean;
  isLinked: boolean;
  /** Ticks are to be expected of the link. */
  isAdmitted: boolean;
  hasLinked: boolean;
  /** Not here, but at another hub on this database when that was last looked at. */
  isElsewhere: boolean;
  /** Active ms of its newest tick or admission, or when it became known. */
  heardMs: number;
}

const silentMsMin = 30_000;
const silentIntervals = 10;
const startMs = 60_000;
/** Agents come back within 15 s of random wait. */
const afterPauseMs = 30_000;
const absentDayMs = 86_400_000;
const lookMs = 500;

export class Presence {
  readonly #listener: PresenceListener;
  readonly #watches = new Map<number, Watch>();
  readonly #away = new Map<number, Loss>();
  /** Hosts that are judged, connected and not away. */
  readonly #present = new Set<number>();
  #protectedUntilMs = startMs;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(listener: PresenceListener) {
    this.#listener = listener;
  }

  /** Hosts that are away, in the order in which that was noticed. */
  get away(): ReadonlyMap<number, Loss> {
    return this.#away;
  }

  get presentCount(): number {
    return this.#present.size;
  }

  /** Whether its agent has stopped on purpose or was revoked, and has not come back. */
  hasLeft(hostId: number): boolean {
    return this.#watches.get(hostId)?.hasLeft ?? false;
  }

  /** Whether nothing may be taken for an outage yet. */
  isProtected(activeMs: number): boolean {
    return activeMs < this.#protectedUntilMs;
  }

  /** A pause of ours is over: the others need time to find us again. */
  paused(activeMs: number): void {
    this.#protectedUntilMs = Math.max(this.#protectedUntilMs, activeMs + afterPauseMs);
  }

  put(hostId: number, host: WatchedHost, activeMs: number): void {
    const known = this.#watches.get(hostId);
    if (known === undefined) {
      const links = { isLinked: false, isAdmitted: false, hasLinked: false, isElsewhere: false };
      this.#watches.set(hostId, { ...host, ...links, heardMs: activeMs });
      return;
    }
    known.isJudged = host.isJudged;
    known.intervalMs = host.intervalMs;
    if (!host.isJudged) this.#return(hostId);
    this.#note(hostId, known);
  }

  remove(hostId: number): void {
    this.#watches.delete(hostId);
    this.#present.delete(hostId);
    this.#return(hostId);
  }

  /** The run before has told that the host is down: it is away until it comes back, if it has not yet. */
  restoreAway(hostId: number): void {
    const watch = this.#watches.get(hostId);
    if (watch === undefined || watch.isLinked || this.#away.has(hostId)) return;
    this.#away.set(hostId, { kind: 'absent', sinceMs: 0, noticedMs: 0 });
  }

  /** Answers whether this is news, and not the admission of a link that is known already. */
  linked(hostId: number, { isAdmitted }: { readonly isAdmitted: boolean }, activeMs: number): boolean {
    const watch = this.#watches.get(hostId);
    if (watch === undefined) return false;
    const isNews = !(watch.isLinked && isAdmitted && !watch.isAdmitted);
    watch.isLinked = true;
    watch.isAdmitted = isAdmitted;
    watch.hasLinked = true;
    watch.isElsewhere = false;
    watch.hasLeft = false;
    watch.heardMs = activeMs;
    // Of one that was connected and gave no ticks another connection proves nothing.
    if (this.#away.get(hostId)?.kind !== 'silent') this.#return(hostId);
    this.#note(hostId, watch);
    return isNews;
  }

  unlinked(hostId: number, activeMs: number): void {
    const watch = this.#watches.get(hostId);
    if (watch === undefined || !watch.isLinked) return;
    watch.isLinked = false;
    if (watch.isJudged && !watch.hasLeft && !this.#away.has(hostId))
      this.#lose(hostId, { kind: 'closed', sinceMs: activeMs, noticedMs: activeMs });
    this.#note(hostId, watch);
  }

  /** Hosts that are judged and are not here, though nobody has said that they would not be. */
  missed(nowMs: number): number[] {
    const hostIds: number[] = [];
    for (const [hostId, watch] of this.#watches)
      if (watch.isJudged && !watch.isLinked && !watch.hasLeft && (this.#away.has(hostId) || isExpected(watch, nowMs)))
        hostIds.push(hostId);
    return hostIds;
  }

  /** Another hub has stored what it said since. */
  heardElsewhere(hostId: number, activeMs: number): void {
    const watch = this.#watches.get(hostId);
    if (watch === undefined || watch.isLinked) return;
    watch.isElsewhere = true;
    watch.heardMs = activeMs;
    this.#return(hostId);
  }

  /** Another hub was told that it stops. Of one that was here last, this hub knows better. */
  leftElsewhere(hostId: number): void {
    const watch = this.#watches.get(hostId);
    if (watch !== undefined && !watch.isLinked && (watch.isElsewhere || !watch.hasLinked)) this.bye(hostId);
  }

  /** Nobody can say of those that were elsewhere whether they still are. */
  elsewhereUnknown(activeMs: number): void {
    for (const watch of this.#watches.values()) if (watch.isElsewhere) watch.heardMs = activeMs;
  }

  /** The agent stops on purpose, or was revoked. */
  bye(hostId: number): void {
    const watch = this.#watches.get(hostId);
    if (watch === undefined) return;
    watch.hasLeft = true;
    this.#return(hostId);
    this.#note(hostId, watch);
  }

  ticked(hostId: number, intervalMs: number, activeMs: number): void {
    const watch = this.#watches.get(hostId);
    if (watch === undefined) return;
    watch.heardMs = activeMs;
    watch.intervalMs = intervalMs;
    if (watch.isLinked && watch.isAdmitted && !this.#away.has(hostId)) return;
    // Nobody sends ticks without a link.
    watch.isLinked = true;
    watch.isAdmitted = true;
    watch.hasLinked = true;
    watch.isElsewhere = false;
    watch.hasLeft = false;
    this.#return(hostId);
    this.#note(hostId, watch);
  }

  /** Looks for hosts that give no ticks, and for those that have not come since the start. */
  poll(activeMs: number, nowMs: number): void {
    if (activeMs - this.#lookedMs < lookMs) return;
    this.#lookedMs = activeMs;
    for (const [hostId, watch] of this.#watches) {
      // Down in the run before, and it has left since: once the others had the time to come back nobody waits for it.
      if (watch.hasLeft && this.#away.has(hostId) && !this.isProtected(activeMs)) this.#return(hostId);
      if (!watch.isJudged || watch.hasLeft || this.#away.has(hostId)) continue;
      const kind = lossOf(watch, { activeMs, nowMs });
      if (kind === null) continue;
      this.#lose(hostId, { kind, sinceMs: watch.heardMs, noticedMs: activeMs });
      this.#note(hostId, watch);
    }
  }

  #lose(hostId: number, loss: Loss): void {
    this.#away.set(hostId, loss);
    this.#present.delete(hostId);
    this.#listener.lost(hostId, loss);
  }

  #return(hostId: number): void {
    if (this.#away.delete(hostId)) this.#listener.back(hostId);
  }

  #note(hostId: number, { isJudged, isLinked, hasLeft }: Watch): void {
    if (isJudged && isLinked && !hasLeft && !this.#away.has(hostId)) this.#present.add(hostId);
    else this.#present.delete(hostId);
  }
}

function lossOf(
  watch: Watch,
  { activeMs, nowMs }: { readonly activeMs: number; readonly nowMs: number },
): Exclude<LossKind, 'closed'> | null {
  const { isLinked, isAdmitted, intervalMs, heardMs } = watch;
  const quietMs = activeMs - heardMs;
  if (isLinked) return isAdmitted && quietMs > Math.max(silentMsMin, silentIntervals * intervalMs) ? 'silent' : null;
  return quietMs >= startMs && isExpected(watch, nowMs) ? 'absent' : null;
}

/** Whether a host that is not here was somewhere before: at another hub, or at the run before of this one. */
function isExpected({ hasLinked, isElsewhere, lastMs }: Watch, nowMs: number): boolean {
  return isElsewhere || (!hasLinked && lastMs >= nowMs - absentDayMs);
}
