import { expect, test } from 'vitest';
import { changedAtOnce, changeEach } from './change-each.ts';

const names = Array.from({ length: 11 }, (_, at) => `web-${at}`);

test('changeEach() changes every host once, a few at a time, and counts each when it is done', async () => {
  const changed: string[] = [];
  let busy = 0;
  let busyMax = 0;
  let doneCount = 0;
  const whys = await changeEach(names, {
    change: async (name) => {
      busy += 1;
      busyMax = Math.max(busyMax, busy);
      await Promise.resolve();
      busy -= 1;
      changed.push(name);
      return null;
    },
    done: () => {
      doneCount += 1;
    },
  });
  expect({ changed: changed.sort(), busyMax, doneCount, whys }).toEqual({
    changed: [...names].sort(),
    busyMax: changedAtOnce,
    doneCount: names.length,
    whys: [],
  });
});

test('changeEach() goes on after one that could not be changed, and tells why it could not', async () => {
  const whys = await changeEach(names, {
    change: async (name) => (name === 'web-3' ? 'web-3: The hub is away.' : null),
    done: () => undefined,
  });
  expect(whys).toEqual(['web-3: The hub is away.']);
});
