import { describe, expect, test } from 'vitest';
import { parseHeader, toModuleSettings } from './script-header.ts';
import { ScriptError } from './script-result.ts';

describe('parseHeader()', () => {
  test.each([
    ['#!/bin/sh\necho 1\n', { everyMs: 0, timeoutMs: null, unit: '' }],
    [
      '#!/bin/sh\n# pulsewire: every=10s timeout=500ms unit=bytes\n',
      { everyMs: 10_000, timeoutMs: 500, unit: 'bytes' },
    ],
    ['\n  ## pulsewire:every=2m\r\n', { everyMs: 120_000, timeoutMs: null, unit: '' }],
    ['// pulsewire: unit=1/s', { everyMs: 0, timeoutMs: null, unit: '1/s' }],
    ['\u007fELF\u0000\u0001', { everyMs: 0, timeoutMs: null, unit: '' }],
  ])('reads %j', (text, settings) => {
    expect(parseHeader(text)).toEqual(settings);
  });

  test.each(['every=10', 'every=2d', 'every=-1s', 'every=25h', 'timeout=0s', 'timeout=1h', 'evry=1s', 'every', '='])(
    'refuses %j',
    (words) => {
      expect(() => parseHeader(`# pulsewire: ${words}`)).toThrow(ScriptError);
    },
  );
});

describe('toModuleSettings()', () => {
  test('reads one unit for all series or one for each', () => {
    expect(toModuleSettings({ everyMs: 5_000, unit: 'ms' }).unitOf('a')).toBe('ms');
    const { everyMs, unitOf } = toModuleSettings({ unit: { a: 'ms' } });
    expect([everyMs, unitOf('a'), unitOf('b')]).toEqual([0, 'ms', '']);
  });

  test.each([
    { everyMs: '10s' },
    { everyMs: -1 },
    { everyMs: Number.NaN },
    { everyMs: 1e9 },
    { unit: 3 },
    { unit: null },
  ])('refuses %j', (exported) => {
    expect(() => toModuleSettings(exported)).toThrow(ScriptError);
  });
});
