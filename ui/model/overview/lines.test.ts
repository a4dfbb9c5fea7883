import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attentionId } from './hosts-view.ts';
import { attentionCardsMax, heightOf, layOutCards, layOutRows, linesBetween } from './lines.ts';

function group(id: string, count: number) {
  return { id, title: id, hosts: Array.from({ length: count }, (_, index) => `${id}${index}`) };
}

const measures = {
  ...{ columns: 3, cardHeight: 100, chipColumns: 4, chipHeight: 30, headHeight: 32 },
  ...{ collapsed: new Set<string>(), isWhole: false },
};
const shapeOf = (lines: ReturnType<typeof layOutCards<string>>) =>
  lines.map(({ kind, top, hosts }) => `${kind} ${top}: ${hosts.join()}`);

describe('layOutCards()', () => {
  test('puts cards side by side under the head of their group', () => {
    expect(shapeOf(layOutCards([group('a', 4), group('b', 1)], measures))).toEqual([
      'head 0: ',
      'cards 32: a0,a1,a2',
      'cards 132: a3',
      'head 232: ',
      'cards 264: b0',
    ]);
  });

  test('shows no hosts of a group that is folded', () => {
    const lines = layOutCards([group('a', 4), group('b', 1)], { ...measures, collapsed: new Set(['a']) });
    expect(shapeOf(lines)).toEqual(['head 0: ', 'head 32: ', 'cards 64: b0']);
  });

  test('keeps cards for a dozen that need attention, and makes chips of more', () => {
    const kindsOf = (count: number) => layOutCards([group(attentionId, count)], measures).map(({ kind }) => kind);
    expect(new Set(kindsOf(attentionCardsMax))).toEqual(new Set(['head', 'cards']));
    expect(new Set(kindsOf(attentionCardsMax + 1))).toEqual(new Set(['head', 'chips']));
  });

  test('shows four lines of chips with a place for the rest, until all are wanted', () => {
    const lines = layOutCards([group(attentionId, 40)], measures);
    const last = lines.at(-1)!;
    expect([lines.length, last.hosts.length, last.kind === 'chips' && last.hiddenCount]).toEqual([5, 3, 25]);
    const whole = layOutCards([group(attentionId, 40)], { ...measures, isWhole: true });
    expect([whole.length, whole.flatMap(({ hosts }) => hosts).length]).toEqual([11, 40]);
  });
});

test('layOutRows() gives each host a line', () => {
  const lines = layOutRows([group('a', 2)], { rowHeight: 28, headHeight: 32, collapsed: new Set() });
  expect([shapeOf(lines), heightOf(lines)]).toEqual([['head 0: ', 'row 32: a0', 'row 60: a1'], 88]);
});

describe('linesBetween()', () => {
  const lines = layOutRows([group('a', 500)], { rowHeight: 28, headHeight: 32, collapsed: new Set() });

  test('finds what a look at every line finds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 15_000 }), fc.integer({ min: 0, max: 2_000 }), (top, height) => {
        const { start, end } = linesBetween(lines, { top, bottom: top + height });
        const seen = lines.flatMap((line, index) =>
          line.top + line.height > top && line.top < top + height ? [index] : [],
        );
        expect(Array.from({ length: end - start }, (_, index) => start + index)).toEqual(seen);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('of nothing is nothing', () => {
    expect([linesBetween([], { top: 0, bottom: 900 }), heightOf([])]).toEqual([{ start: 0, end: 0 }, 0]);
  });
});
