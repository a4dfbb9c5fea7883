import { expect, test } from 'vitest';
import { knownText } from './known-text.ts';

const host = (state: 'up' | 'down', downtimeUntilMs = 0) => ({ state, downtimeUntilMs });

test.each([
  [[], ''],
  [[host('up'), host('down')], '2 known, 1 up'],
  [[host('up', 9)], '1 known, 1 up, 1 of them in a downtime'],
  [[host('up'), host('up', 9), host('down', 9)], '3 known, 2 up, 1 of them in a downtime'],
] as const)('knownText() counts a host that ticks in a downtime as up: %#', (hosts, text) => {
  expect(knownText(hosts)).toBe(text);
});
