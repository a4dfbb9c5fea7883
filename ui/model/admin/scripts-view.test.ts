import { expect, test } from 'vitest';
import { agentsText, keyText, scriptsText, targetsText } from './scripts-view.ts';

test('agentsText() says first what needs somebody', () => {
  expect(agentsText({ well: 4, refused: 1 })).toEqual({ text: '1 refused, 4 well', look: 'down' });
  expect(agentsText({ well: 4 })).toEqual({ text: '4 well', look: 'up' });
  expect(agentsText({})).toEqual({ text: 'No agent has it', look: 'none' });
});

test('targetsText() says hosts and tags without their kind', () => {
  expect(targetsText(['tag:role=web', 'host:db-*'])).toBe('role=web, db-*');
  expect(targetsText(['host:a', 'all'])).toBe('all hosts');
});

test('scriptsText() counts', () => {
  expect(scriptsText([], [])).toBe('0 scripts. No agent runs scripts');
  expect(scriptsText([], [{ host: 'a', door: 'open', problem: '' }])).toBe('0 scripts. 1 agent open to scripts');
});

test('keyText() is short', () => {
  expect(keyText(`ed25519:${'a'.repeat(43)}`)).toBe('aaaaaaaa…');
});
