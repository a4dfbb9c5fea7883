/**
 * The load that the judge must bear: 1,000 hosts × 60 series with a tick a second, under 100 rules for all hosts and
 * 9,900 for one host each, which makes 109,900 rules on series.
 */
import { anyHost, type Rule } from '#core/rule-spec.ts';
import type { Layout } from '#core/series.ts';
import { Judge } from '../alerting/judge.ts';
import { hostIdentity } from './host-identity.ts';
import { above, hostsNamed, layoutOf, rule, seriesRule, silenceRule } from './judge-fixture.ts';

export const hostCount = 1_000;
const seriesCount = 60;
const fleetRuleCount = 100;
const hostRuleCount = 9_900;
const wallMs = 1_700_000_000_000;

/** Beside those on values, what every hub has: hosts that are down, series that are silent. */
export function createRules(): Rule[] {
  const rules = [rule(1, {}), silenceRule(2, 10)];
  for (let index = 0; index < fleetRuleCount; index += 1)
    rules.push(
      seriesRule(10 + index, `m${index % seriesCount}`, { condition: above(90 + (index % 9)), hosts: anyHost }),
    );
  for (let index = 0; index < hostRuleCount; index += 1) {
    const hosts = hostsNamed(`host-${1 + (index % hostCount)}`);
    rules.push(
      seriesRule(1_000 + index, `m${(index * 7) % seriesCount}`, { condition: above(95), hosts, forMs: 5_000 }),
    );
  }
  return rules;
}

export function judgeOf(rules: readonly Rule[]): Judge {
  const judge = new Judge({ judged: () => {}, mayJudge: () => true });
  judge.setRules(rules);
  for (let hostId = 1; hostId <= hostCount; hostId += 1) judge.putHost(hostIdentity(hostId));
  return judge;
}

/** Ticks of all hosts, of which a part of the values is bad; drawn in advance. */
export class JudgeLoad {
  readonly #columns: Uint8Array[] = [];
  readonly #layouts: readonly Layout[];
  #seq = 0;

  /** `layoutCount`: hosts of a kind share a layout. */
  constructor({ badRatio, layoutCount = 1 }: { readonly badRatio: number; readonly layoutCount?: number }) {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    this.#layouts = Array.from({ length: layoutCount }, (_, index) =>
      layoutOf(Array.from({ length: seriesCount + Math.min(index, 1) }, (_key, place) => `m${place}`)),
    );
    for (let column = 0; column < 257; column += 1) {
      const values = Float64Array.from({ length: seriesCount + 1 }, () => (random() < badRatio ? 99 : random() * 89));
      this.#columns.push(new Uint8Array(values.buffer));
    }
  }

  /** One tick of each host. */
  next(judge: Judge): void {
    this.#seq += 1;
    const nowMonotonicMs = this.#seq * 1_000;
    const timeMs = wallMs + nowMonotonicMs;
    judge.poll({ nowMs: timeMs, nowMonotonicMs });
    for (let hostId = 1; hostId <= hostCount; hostId += 1) {
      const layout = this.#layouts[hostId % this.#layouts.length]!;
      const bytes = this.#columns[(hostId + this.#seq) % this.#columns.length]!;
      const column = bytes.subarray(0, layout.series.length * 8);
      judge.tick({ hostId, ordinal: 1, seq: this.#seq, layout, timeMs, column }, nowMonotonicMs);
    }
  }
}
