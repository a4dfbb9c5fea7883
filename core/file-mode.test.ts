import { expect, test } from 'vitest';
import { ownersOnly, tooOpen } from './file-mode.ts';

test.each([
  [0o100600, ownersOnly, null],
  [0o100400, ownersOnly, null],
  [0o100700, ownersOnly, null],
  [0o100640, ownersOnly, '0640'],
  [0o100604, ownersOnly, '0604'],
  [0o100611, ownersOnly, '0611'],
  [0o100000, ownersOnly, null],
  [0o100640, 0o750, null],
  [0o100660, 0o750, '0660'],
  [0o100644, 0o750, '0644'],
  [0o104755, 0o755, null],
  [0o104757, 0o755, '0757'],
])('tooOpen() of a file of mode %o that may have %o is %j', (mode, most, shown) => {
  expect(tooOpen(mode, most)).toBe(shown);
});
