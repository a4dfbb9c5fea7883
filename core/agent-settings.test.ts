import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AgentSettings,
  effectiveBounds,
  emptySettings,
  formatSettings,
  metricEveryOf,
  overlaid,
  parseSettings,
  parseSettingsText,
  patchedSettings,
  settingPlaces,
  settingsJson,
} from './agent-settings.ts';

const seed = 20_261_127;

const everything = {
  interval: 0.25,
  collectors: { disk: { enabled: false }, tcp: { enabled: true, every: 30 } },
  metrics: [{ pattern: 'disk_*', every: 10 }],
  tags: { role: 'db' },
  spool_bytes: 8_388_608,
};

function settingsOf(content: unknown): AgentSettings {
  const parsed = parseSettings(content);
  if (parsed.kind === 'refused') throw new Error(parsed.problems.join('\n'));
  return parsed.settings;
}

function problemsOf(content: unknown): readonly string[] {
  const parsed = parseSettings(content);
  return parsed.kind === 'refused' ? parsed.problems : [];
}

const tagName = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const arbitrarySettings: fc.Arbitrary<AgentSettings> = fc.record({
  intervalMs: fc.option(fc.integer({ min: 100, max: 3_600_000 }), { nil: null }),
  collectors: fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/),
    fc.oneof(
      fc.record({ isOn: fc.boolean(), every: fc.option(fc.integer({ min: 1, max: 86_400 }), { nil: null }) }),
      fc.record({ isOn: fc.constant(null), every: fc.integer({ min: 1, max: 86_400 }) }),
    ),
    { maxKeys: 5, noNullPrototype: true },
  ),
  metrics: fc.array(
    fc.record({ pattern: fc.stringMatching(/^[a-z_*]{1,20}$/), every: fc.integer({ min: 1, max: 86_400 }) }),
    { maxLength: 5 },
  ),
  tags: fc.dictionary(tagName, tagName, { maxKeys: 5, noNullPrototype: true }),
  spoolBytes: fc.option(fc.integer({ min: 2 ** 20, max: 2 ** 42 }), { nil: null }),
});

describe('parseSettings()', () => {
  test('takes everything that there is to set', () => {
    expect(settingsOf(everything)).toEqual({
      intervalMs: 250,
      collectors: { disk: { isOn: false, every: null }, tcp: { isOn: true, every: 30 } },
      metrics: [{ pattern: 'disk_*', every: 10 }],
      tags: { role: 'db' },
      spoolBytes: 8_388_608,
    });
  });

  test('takes nothing as nothing', () => {
    expect(settingsOf({})).toEqual(emptySettings);
  });

  test.each([
    ['an interval of nothing', { interval: 0 }],
    ['an interval below nothing', { interval: -1 }],
    ['an interval of thirty years', { interval: 1e9 }],
    ['an interval that is no number', { interval: Number.NaN }],
    ['an interval without end', { interval: Number.POSITIVE_INFINITY }],
    ['an interval as text', { interval: '1' }],
    ['an interval of null', { interval: null }],
    ['an interval between milliseconds', { interval: 1.00005 }],
    ['a key that is not known', { intervall: 1 }],
    ['a list of settings', []],
    ['no settings', null],
    ['a text', 'interval'],
    ['collectors as a list', { collectors: [] }],
    ['a collector with another key', { collectors: { disk: { on: true } } }],
    ['a collector that is a flag', { collectors: { disk: false } }],
    ['a collector of a hostile name', { collectors: { '<img onerror=alert(1)>': { enabled: false } } }],
    ['a collector that would be a prototype', { collectors: JSON.parse('{"__proto__": {"enabled": false}}') }],
    ['a collector every half tick', { collectors: { disk: { every: 0.5 } } }],
    ['too many collectors', { collectors: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`c${at}`, {}])) }],
    ['metrics as an object', { metrics: {} }],
    ['a metric without its interval', { metrics: [{ pattern: 'a' }] }],
    ['a metric without its pattern', { metrics: [{ every: 2 }] }],
    ['a metric of a long pattern', { metrics: [{ pattern: 'a'.repeat(201), every: 2 }] }],
    ['too many metrics', { metrics: Array.from({ length: 65 }, () => ({ pattern: 'a', every: 2 })) }],
    ['a tag with a control character', { tags: { role: 'a\u001b[31m' } }],
    ['an empty tag', { tags: { role: '' } }],
    ['a tag that would be a prototype', { tags: JSON.parse('{"__proto__": "x"}') }],
    ['a tag with a space in its name', { tags: { 'a b': 'c' } }],
    ['too many tags', { tags: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`t${at}`, 'x'])) }],
    ['a spool of nothing', { spool_bytes: 0 }],
    ['a spool as large as the moon', { spool_bytes: 2 ** 50 }],
    ['a spool of half bytes', { spool_bytes: 2_000_000.5 }],
  ])('refuses %s', (_name, content) => {
    expect(problemsOf(content)).not.toEqual([]);
  });

  test('says of each problem where it is, what is wanted and what was got', () => {
    expect(problemsOf({ interval: 0, tags: 3, color: 'red' })).toEqual([
      'settings: one of interval, collectors, metrics, tags, spool_bytes is wanted: got "color"',
      'interval: a number of seconds in 0.1..3600, in whole milliseconds, is wanted: got 0',
      'tags: an object of at most 32 is wanted: got 3',
    ]);
  });

  test('says no more than a person reads', () => {
    const metrics = Array.from({ length: 64 }, () => ({ pattern: '', every: 0 }));
    expect(problemsOf({ metrics })).toHaveLength(20);
  });

  test('takes or refuses whatever comes, and throws nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (content) => {
        expect(['settings', 'refused']).toContain(parseSettings(content).kind);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('parseSettingsText()', () => {
  test('refuses text that is too long without reading it', () => {
    const parsed = parseSettingsText(`{"tags": {"a": "${'x'.repeat(16 * 1024)}"}}`);
    expect(parsed).toEqual({
      kind: 'refused',
      problems: ['settings: at most 16384 characters are wanted: got 16403'],
    });
  });

  test('refuses what is no JSON', () => {
    expect(parseSettingsText('{interval: 1}').kind).toBe('refused');
  });
});

describe('formatSettings()', () => {
  test('gives what was parsed', () => {
    fc.assert(
      fc.property(arbitrarySettings, (settings) => {
        expect(parseSettingsText(formatSettings(settings))).toEqual({ kind: 'settings', settings });
      }),
      { seed, numRuns: 300 },
    );
  });

  test('is the same for settings that are', () => {
    const other = { ...everything, collectors: { tcp: { every: 30, enabled: true }, disk: { enabled: false } } };
    expect(formatSettings(settingsOf(other))).toBe(formatSettings(settingsOf(everything)));
  });

  test('leaves out a collector of which nothing is said', () => {
    expect(settingsJson(settingsOf({ collectors: { disk: {} } }))).toEqual({});
  });
});

describe('patchedSettings()', () => {
  const before = settingsOf(everything);

  test.each([
    ['replaces a value', { interval: 5 }, { ...everything, interval: 5 }],
    [
      'takes a value away',
      { spool_bytes: null, metrics: null },
      { ...everything, spool_bytes: undefined, metrics: undefined },
    ],
    ['adds a tag', { tags: { site: 'north' } }, { ...everything, tags: { role: 'db', site: 'north' } }],
    ['takes a tag away', { tags: { role: null } }, { ...everything, tags: {} }],
    [
      'changes one side of a collector',
      { collectors: { tcp: { every: null } } },
      { ...everything, collectors: { disk: { enabled: false }, tcp: { enabled: true } } },
    ],
    ['replaces the metrics', { metrics: [] }, { ...everything, metrics: [] }],
  ])('%s', (_name, patch, after) => {
    expect(patchedSettings(before, patch)).toEqual(JSON.parse(JSON.stringify(after)));
  });

  test('keeps what it does not know, so that the parser refuses it', () => {
    expect(problemsOf(patchedSettings(before, { color: 'red' }))).toHaveLength(1);
  });

  test('changes no prototype', () => {
    const patch = JSON.parse('{"__proto__": {"polluted": 1}, "tags": {"__proto__": {"polluted": 1}}}');
    expect(problemsOf(patchedSettings(before, patch))).not.toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('with nothing in it is what there was', () => {
    fc.assert(
      fc.property(arbitrarySettings, (settings) => {
        expect(settingsOf(patchedSettings(settings, {}))).toEqual(settings);
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe('overlaid()', () => {
  test('lets the upper one win, field by field', () => {
    const top = settingsOf({
      interval: 1,
      collectors: { tcp: { enabled: false } },
      metrics: [{ pattern: 'disk_read', every: 2 }],
      tags: { role: 'web' },
    });
    expect(settingsJson(overlaid(settingsOf(everything), top))).toEqual({
      interval: 1,
      collectors: { disk: { enabled: false }, tcp: { enabled: false, every: 30 } },
      metrics: [
        { pattern: 'disk_read', every: 2 },
        { pattern: 'disk_*', every: 10 },
      ],
      tags: { role: 'web' },
      spool_bytes: 8_388_608,
    });
  });

  test('keeps all that the upper one says, and fits into the bounds of what is in force', () => {
    fc.assert(
      fc.property(arbitrarySettings, arbitrarySettings, (base, top) => {
        const both = overlaid(base, top);
        expect(settingPlaces(both)).toEqual(expect.arrayContaining(settingPlaces(top)));
        expect(overlaid(both, top).tags).toEqual(both.tags);
        expect(parseSettings(settingsJson(both), effectiveBounds).kind).toBe('settings');
      }),
      { seed, numRuns: 200 },
    );
  });
});

test('settingPlaces() names each place that is set', () => {
  expect(settingPlaces(settingsOf(everything))).toEqual([
    'interval',
    'collectors.disk.enabled',
    'collectors.tcp.enabled',
    'collectors.tcp.every',
    'metrics.disk_*',
    'tags.role',
    'spool_bytes',
  ]);
});

test('metricEveryOf() takes the first pattern that means a series, by key, name or glob', () => {
  const everyOf = metricEveryOf([
    { pattern: 'disk_busy{device="vda"}', every: 2 },
    { pattern: 'disk_busy', every: 3 },
    { pattern: 'disk_*', every: 4 },
  ]);
  const keys = ['disk_busy{device="vda"}', 'disk_busy{device="vdb"}', 'disk_read{device="vda"}', 'load_1m'];
  expect(keys.map(everyOf)).toEqual([2, 3, 4, null]);
});
