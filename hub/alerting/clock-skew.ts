/**
 * Hosts whose clock is far from the hub's. A clock is read only when a link or a stream begins; rules want it to be wrong,
 * or right again, for a while, so what was read last is judged again as time passes, until nothing is pending or firing.
 */
import type { HostJudge } from './host-judge.ts';
import { newTarget, type TargetBook, targetKey } from './target-book.ts';

export class ClockSkew {
  readonly #book: TargetBook;
  /** By how much each clock was ahead, ms, of hosts where it is bad or such a target is open. */
  readonly #skews = new Map<HostJudge, number>();

  constructor(book: TargetBook) {
    this.#book = book;
  }

  /** The clock of a host has been read. If the reading may be late, only a good one counts. */
  read(
    host: HostJudge,
    skewMs: number,
    { nowMs, mayBeLate }: { readonly nowMs: number; readonly mayBeLate: boolean },
  ): void {
    if (mayBeLate && host.rules.clockSkew.some(({ limits }) => Math.abs(skewMs) > limits.high)) return;
    this.#judge(host, skewMs, nowMs);
  }

  poll(nowMs: number): void {
    for (const [host, skewMs] of this.#skews) this.#judge(host, skewMs, nowMs);
  }

  removed(host: HostJudge): void {
    this.#skews.delete(host);
  }

  #judge(host: HostJudge, skewMs: number, nowMs: number): void {
    // One that is bad is looked at again also when it could not be told of just now.
    let isOpen = false;
    for (const rule of host.rules.clockSkew) {
      const ruleId = rule.hostRule.rule.id;
      const known = host.targets.get(targetKey(ruleId, ''));
      const isBad = Math.abs(skewMs) > rule.limits.high;
      if (known === undefined && !isBad) continue;
      const target = known ?? newTarget({ ruleId, hostId: host.identity.hostId, series: '' }, rule);
      target.unit = 'ms';
      if (this.#book.judgeValue(target, skewMs, { timeMs: nowMs, ordinal: 1 }) || isBad) isOpen = true;
      host.keep(target);
    }
    if (isOpen) this.#skews.set(host, skewMs);
    else this.#skews.delete(host);
  }
}
