import { describe, expect, test } from 'vitest';
import { anyHost, type RuleSpec } from '#core/rule-spec.ts';
import { traceFields, traceFieldsOf } from './trace-fields.ts';

const nothing = {
  ...{ rule: null, path: [], downtime: null, silence: null, group: null },
  ...{ channels: [], missing_channels: [], by: null, comment: null },
};

const spec: RuleSpec = {
  subject: {
    kind: 'series',
    series: { patterns: ['load1'], labels: {} },
    input: { kind: 'average', windowMs: 60_000 },
    condition: { kind: 'above', threshold: 90, recovery: 80 },
    noDataIntervals: null,
  },
  hosts: { ...anyHost, notNames: ['test-*'] },
  forMs: 60_000,
  keepFiringMs: 5_000,
  severity: 'warning',
  summary: '',
  message: '',
  channels: null,
  groupBy: [],
  repeatMs: 3_600_000,
  escalations: [],
  overrides: [],
};

describe('traceFieldsOf()', () => {
  test('gives the rule as REST does, and times in seconds', () => {
    const trace = {
      rule: { name: 'Busy', version: 3, spec },
      path: [{ phase: 'pending', atMs: 1_500 }],
      group: 'rule 5',
      channels: ['ops'],
      missingChannels: ['boss'],
    };
    const shown = traceFieldsOf(trace);
    expect(shown).toEqual({
      ...nothing,
      rule: expect.objectContaining({
        ...{ name: 'Busy', version: 3, kind: 'series', metric: 'load1', input: { average: 60 } },
        ...{ condition: 'above', threshold: 90, recovery: 80, for: 60, keep_firing: 5, repeat: 3_600 },
        hosts: { names: [], tags: {}, not_names: ['test-*'], not_tags: {} },
      }),
      path: [{ phase: 'pending', at: 1.5 }],
      group: 'rule 5',
      channels: ['ops'],
      missing_channels: ['boss'],
    });
    expect(shown.rule).not.toHaveProperty('enabled');
    expect(traceFields.safeParse(shown).success).toBe(true);
  });

  test('gives who kept it quiet, and who acknowledged', () => {
    expect(traceFieldsOf({ downtime: { id: 4, author: 'ann', reason: 'disks' } })).toEqual({
      ...nothing,
      downtime: { id: 4, author: 'ann', reason: 'disks' },
    });
    expect(traceFieldsOf({ silence: { id: 5, author: 'bob' } })).toEqual({
      ...nothing,
      silence: { id: 5, author: 'bob', comment: '' },
    });
    expect(traceFieldsOf({ by: 'ann', comment: 'on it' })).toEqual({ ...nothing, by: 'ann', comment: 'on it' });
  });

  test.each([
    ['nothing', {}],
    ['something else', 7],
    ['other types', { path: 'x', channels: [1], downtime: { id: 'x' }, group: 3, rule: 'Busy' }],
  ])('takes %s for nothing noted', (_, trace) => {
    expect(traceFieldsOf(trace)).toEqual(nothing);
  });

  test('names a rule whose conditions it does not understand', () => {
    expect(traceFieldsOf({ rule: { name: 'Busy', version: 3 } }).rule).toEqual({ name: 'Busy', version: 3 });
  });
});
