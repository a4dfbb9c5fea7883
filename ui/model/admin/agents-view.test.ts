import { describe, expect, test } from 'vitest';
import type { Agent } from '../../api/agents.ts';
import { agentsText, currentToken, shownAgents, skewText, tokenState, troublesOf } from './agents-view.ts';

const token = { id: 'ab', createdMs: 0, usedMs: 1, expiresMs: null, isOld: false, isRevoked: false };

function agent(host: string, said: Partial<Agent> = {}): Agent {
  return {
    ...{ host, alias: '', agentId: '', status: 'up', isConnected: true, revokedMs: null, version: '1.4.2' },
    ...{ address: '10.0.0.1', connectedMs: 0, skewMs: 2, lastMs: 0, backlogTicks: 0, gapTicks: 0, refused: null },
    ...{ tokens: [token], rotationMs: null, clone: null },
    ...said,
  };
}

const clone = { address: '10.0.0.7', hostName: 'a', firstMs: 0, lastMs: 0, refusedCount: 1, isSplitOrdered: false };

describe('shownAgents()', () => {
  test('has those that need somebody first, the gravest on top, the others by the name that is shown', () => {
    const agents = [
      agent('web-10'),
      agent('a', { alias: 'Web-9' }),
      agent('web-2'),
      agent('revoked', { revokedMs: 1 }),
      agent('skewed', { skewMs: -1_840 }),
      agent('down', { status: 'down' }),
      agent('twice', { clone }),
    ];
    expect(shownAgents(agents, '').map(({ host }) => host)).toEqual([
      'twice',
      'down',
      'skewed',
      'revoked',
      'web-2',
      'a',
      'web-10',
    ]);
  });

  test('finds by name, alias, version and address', () => {
    const agents = [
      agent('a', { alias: 'Shop' }),
      agent('b', { version: '1.3.9' }),
      agent('c', { address: '10.9.9.9' }),
    ];
    for (const [query, host] of [
      ['shop', 'a'],
      ['1.3', 'b'],
      ['9.9.9', 'c'],
    ] as const)
      expect(shownAgents(agents, query).map((one) => one.host)).toEqual([host]);
  });
});

test('troublesOf() says each thing once: a copy explains why it was refused, and so does a revocation', () => {
  const refused = { why: 'x', atMs: 0 };
  expect(troublesOf(agent('a', { clone, refused })).map(({ kind }) => kind)).toEqual(['clone']);
  expect(troublesOf(agent('a', { revokedMs: 1, refused })).map(({ kind }) => kind)).toEqual(['revoked']);
  expect(troublesOf(agent('a', { revokedMs: 1, status: 'down' })).map(({ kind }) => kind)).toEqual(['revoked']);
  expect(troublesOf(agent('a', { refused, backlogTicks: 61 })).map(({ kind }) => kind)).toEqual(['refused', 'backlog']);
  expect(troublesOf(agent('a'))).toEqual([]);
});

test('agentsText() counts, and names the version that most have', () => {
  expect(agentsText([agent('a'), agent('b'), agent('c', { version: '1.3' })])).toBe('3 enrolled, 2 on 1.4.2');
  expect(agentsText([])).toBe('');
});

test('skewText() has a sign, and no more digits than help', () => {
  expect([skewText(4), skewText(-1_840), skewText(0), skewText(null)]).toEqual([
    '+4\u202fms',
    '−1840\u202fms',
    '0\u202fms',
    '\u2013',
  ]);
  expect(skewText(90_000)).toMatch(/^\+1/);
});

test('a token is in use, waits, was replaced, or is void', () => {
  expect(tokenState(token, 0)).toBe('in use');
  expect(tokenState({ ...token, usedMs: null }, 0)).toBe('not used yet');
  expect(tokenState({ ...token, isOld: true, expiresMs: 3_600_000 }, 0)).toMatch(/^replaced, good for/);
  expect(tokenState({ ...token, isRevoked: true }, 0)).toBe('revoked');
  expect(
    currentToken(
      agent('a', {
        tokens: [
          { ...token, isOld: true },
          { ...token, isRevoked: true },
        ],
      }),
    ),
  ).toBeNull();
});
