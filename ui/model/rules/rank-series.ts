/** Which of the series that a rule means its chart shows: those nearest to firing, the nearest first. Pure. */
import type { RuleCondition } from '#core/rule-spec.ts';
import type { FoundSeries } from '../../live/matching-series.ts';
import { compareNames } from '../names.ts';

/** With more, nobody sees anything but grey. */
export const shownMax = 8;

export function rankSeries(found: readonly FoundSeries[], condition: RuleCondition | null): readonly FoundSeries[] {
  const badness = ({ lowest, highest }: FoundSeries): number => {
    switch (condition?.kind) {
      case 'below':
        return -lowest;
      case 'outside':
        return Math.max(highest - condition.high, condition.low - lowest);
      case 'above':
      case undefined:
        return highest;
    }
  };
  const known = (one: FoundSeries) => {
    const value = badness(one);
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  return [...found]
    .sort((a, b) => {
      const [first, second] = [known(a), known(b)];
      return first === second ? compareNames(a.host, b.host) || compareNames(a.key, b.key) : second > first ? 1 : -1;
    })
    .slice(0, shownMax);
}

/** Unit of what a rule compares: that of its series if they agree; undefined while none is known. */
export function unitOfFound(found: readonly FoundSeries[]): string | undefined {
  const units = new Set(found.map(({ unit }) => unit));
  return units.size === 1 ? [...units][0] : undefined;
}
