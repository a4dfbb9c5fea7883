import { expect, test } from 'vitest';
import { columnOf, createDataset } from './dataset.ts';
import { crossingsOf, freezeWave, isHigh, type Wave, wavesByHost } from './waves.ts';

const wave: Wave = { host: 1, metric: 2, fromTick: 3, halfTicks: 2, toTick: 9, high: 500 };

test('a wave is high, low, high, and then over', () => {
  expect(Array.from({ length: 12 }, (_, tick) => (isHigh(wave, tick) ? 1 : 0)).join('')).toBe(
    '000110011000'.slice(0, 12),
  );
});

test.each([
  [
    wave,
    20,
    [
      [3, true],
      [5, false],
      [7, true],
      [9, false],
    ],
  ],
  [
    wave,
    8,
    [
      [3, true],
      [5, false],
      [7, true],
    ],
  ],
  [
    { ...wave, toTick: 7 },
    20,
    [
      [3, true],
      [5, false],
    ],
  ],
  [
    { ...wave, toTick: 4 },
    20,
    [
      [3, true],
      [4, false],
    ],
  ],
  [
    { ...wave, halfTicks: 1, toTick: 6 },
    20,
    [
      [3, true],
      [4, false],
      [5, true],
      [6, false],
    ],
  ],
])('crossingsOf() gives each change of %o before tick %i', (of, endTick, expected) => {
  expect(crossingsOf(of, endTick).map(({ tick, isHigh: high }) => [tick, high])).toEqual(expected);
});

test('crossingsOf() agrees with isHigh() tick by tick', () => {
  for (const halfTicks of [1, 2, 3, 5]) {
    for (let toTick = 4; toTick < 16; toTick += 1) {
      const one = { ...wave, halfTicks, toTick };
      const changes = [];
      for (let tick = 1; tick < 20; tick += 1)
        if (isHigh(one, tick) !== isHigh(one, tick - 1)) changes.push({ tick, isHigh: isHigh(one, tick) });
      expect(crossingsOf(one, 20)).toEqual(changes);
    }
  }
});

test('freezeWave() changes nothing before the tick and stays from there on', () => {
  for (let tick = 0; tick < 14; tick += 1) {
    const frozen = freezeWave(wave, tick);
    for (let at = 0; at < 40; at += 1)
      expect([tick, at, frozen.some((one) => isHigh(one, at))]).toEqual([tick, at, isHigh(wave, Math.min(at, tick))]);
  }
});

test('columnOf() lays the waves of its host over the data set, also where that goes round', () => {
  const plain = createDataset({ hostCount: 2, metricCount: 5, tickCount: 4 });
  const waved = { ...plain, waves: wavesByHost([wave]) };
  const valuesAt = (dataset: typeof plain, host: number, tick: number) => [
    ...new Float64Array(Uint8Array.from(columnOf(dataset, host, tick)).buffer),
  ];
  const expected = valuesAt(plain, 1, 3).with(2, 500);
  expect(valuesAt(waved, 1, 3)).toEqual(expected);
  expect(valuesAt(waved, 1, 5)).toEqual(valuesAt(plain, 1, 5));
  expect(valuesAt(waved, 1, 7)).toEqual(expected);
  expect(valuesAt(waved, 0, 3)).toEqual(valuesAt(plain, 0, 3));
});
