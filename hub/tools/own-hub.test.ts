import { expect, test } from 'vitest';
import { checkListeners } from './own-hub.ts';

const url = 'http://127.0.0.1:8888';

test.each([
  ['nobody that can be seen', [], 1_000],
  ['the hub itself', [1_000, 1_000], 1_000],
  ['root, who can read everything anyway', [0], 1_000],
])('the key is sent to %s', (_, uids, hubUid) => {
  expect(() => checkListeners(uids, hubUid, url)).not.toThrow();
});

test.each([
  ['another user', [1_001], 1_000],
  ['another user beside the hub', [1_000, 1_001], 1_000],
  ['somebody, where no hub has written its address', [1_000], null],
])('the key is not sent to %s', (_, uids, hubUid) => {
  expect(() => checkListeners(uids, hubUid, url)).toThrow('which is sent no key');
});
