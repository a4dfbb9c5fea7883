import { describe, expect, test } from 'vitest';
import { installCommand, manualCommand, parseTags, parseUses, quoted, untilText } from './enrol-view.ts';

test('parseUses() takes whole numbers within the bounds and nothing else', () => {
  expect(['1', ' 12 ', '100000'].map(parseUses)).toEqual([1, 12, 100_000]);
  expect(['', '0', '-1', '1.5', '1e3', '100001', 'all'].map(parseUses)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

describe('parseTags()', () => {
  test('reads names and values, with spaces or commas between', () => {
    expect(parseTags(' env=prod, role=web empty= url=a=b ')).toEqual({
      kind: 'ok',
      tags: { env: 'prod', role: 'web', empty: '', url: 'a=b' },
    });
    expect(parseTags('')).toEqual({ kind: 'ok', tags: {} });
  });

  test.each(['env', '=x', 'a-b=c', '1a=b'])('says what is wrong with %j', (text) => {
    expect(parseTags(text)).toMatchObject({ kind: 'wrong', why: expect.stringContaining(text) });
  });
});

test('commands quote what a shell would take apart', () => {
  expect(quoted("it's $HOME")).toBe("'it'\\''s $HOME'");
  expect(installCommand('https://hub:8888', 'pwe_a-b')).toBe(
    'curl -fsSL https://hub:8888/install.sh | sudo sh -s -- --token pwe_a-b',
  );
  expect(manualCommand('https://hub', 'pwe_x')).toBe(
    'PULSEWIRE_HUB_URL=https://hub PULSEWIRE_ENROLMENT_KEY=pwe_x pulsewire agent',
  );
});

test('untilText() says for how long a token works, or why it does not', () => {
  const base = { id: 1, name: '', usesMax: 1, useCount: 0, tags: {}, createdMs: 0, by: '', hosts: [] };
  expect(untilText({ ...base, state: 'open', expiresMs: 3_600_000 }, 0)).toMatch(/^for 1/);
  expect(untilText({ ...base, state: 'used', expiresMs: 1 }, 0)).toBe('used up');
  expect(untilText({ ...base, state: 'revoked', expiresMs: 1 }, 0)).toBe('revoked');
  expect(untilText({ ...base, state: 'expired', expiresMs: 1 }, 0)).toMatch(/^expired /);
});
