import { describe, expect, test } from 'vitest';
import type { ApiToken } from '../../api/tokens.ts';
import { expiryOf, rightsText, tokensText } from './tokens-view.ts';

const nowMs = Date.UTC(2026, 10, 18);
const dayMs = 86_400_000;
const token = (expiresMs: number | null, isExpired = false): ApiToken => ({
  ...{ id: 1, name: 'ci', scope: 'read', clientId: '', by: 'Ann', createdMs: 0, usedMs: null },
  ...{ expiresMs, isExpired },
});

describe('expiryOf()', () => {
  test.each([
    [null, { text: 'never', state: 'later' }],
    [nowMs + 90 * dayMs, { text: '16 Feb 2027', state: 'later' }],
    [nowMs + 3 * dayMs, { text: 'in 3\u202fd', state: 'soon' }],
    [nowMs - dayMs, { text: 'expired 17 Nov 2026', state: 'over' }],
  ])('of %s', (expiresMs, expiry) => {
    expect(expiryOf(token(expiresMs), nowMs)).toEqual(expiry);
  });

  test('is over when the hub says so, whatever the clock here says', () => {
    expect(expiryOf(token(nowMs + 1_000, true), nowMs).state).toBe('over');
  });
});

test('rightsText() names the client that a token is for', () => {
  expect(rightsText({ scope: 'push', clientId: '' })).toBe('Push metrics');
  expect(rightsText({ scope: 'push', clientId: 'backup' })).toBe('Push metrics as backup');
});

test('tokensText() counts those that are over', () => {
  expect(tokensText([token(null)])).toBe('1 token');
  expect(tokensText([token(null), token(1, true)])).toBe('2 tokens, 1 expired');
});
