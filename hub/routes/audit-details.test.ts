import { describe, expect, test } from 'vitest';
import type { DowntimeSpec, SilenceSpec } from '#core/downtime.ts';
import { anyHost, type HostSelector } from '#core/rule-spec.ts';
import { cleanDetail } from '../access/audit-row.ts';
import { ruleBody } from './alert-schemas.ts';
import { downtimeDetail, hostsText, noteDetail, ruleDetail, silenceDetail, silenceText } from './audit-details.ts';
import { draftOf } from './rule-body.ts';

const startMs = Date.parse('2026-03-28T02:00:00Z');
const untilMs = Date.parse('2026-03-28T03:00:00Z');
const times = { start: '2026-03-28T02:00:00.000Z', end: '2026-03-28T03:00:00.000Z' };
const some: HostSelector = { names: ['web-*'], tags: { role: 'db' }, notNames: ['web-3'], notTags: { site: 'n' } };
const someDetail = { names: ['web-*'], tags: ['role=db'], not_names: ['web-3'], not_tags: ['site=n'] };
const silence: SilenceSpec = { hosts: anyHost, rules: ['*'], series: [], severities: [], author: 'ann', comment: '' };
/** As hard as it gets: many long texts of characters that JSON escapes. */
const many = Array.from({ length: 1_000 }, (_, index) => `${'"'.repeat(index % 2 === 0 ? 180 : 3)}${index}`);
const manyTags = Object.fromEntries(many.map((text) => [text, text]));
const manyHosts: HostSelector = { names: [...many, 'zz', '*'], tags: manyTags, notNames: many, notTags: manyTags };

describe('details for the audit log', () => {
  test('say what a downtime means, once and recurring', () => {
    const spec: DowntimeSpec = {
      ...{ hosts: some, author: 'ann', reason: 'disks' },
      schedule: { kind: 'once', startMs, endMs: untilMs },
    };
    expect(downtimeDetail(spec)).toEqual({ hosts: someDetail, ...times, reason: 'disks' });
    const schedule = {
      ...({ kind: 'recurring', start: '2026-03-28T02:00:00', rule: 'FREQ=WEEKLY' } as const),
      ...{ durationMs: 3_600_000, zone: 'Europe/Berlin' },
    };
    expect(downtimeDetail({ ...spec, hosts: anyHost, reason: '', schedule })).toEqual({
      ...{ hosts: 'all', start: '2026-03-28T02:00:00', duration: 3_600, rule: 'FREQ=WEEKLY', zone: 'Europe/Berlin' },
    });
    expect(hostsText(some)).toBe('web-*, tag role=db, not web-3, not tag site=n');
    expect(hostsText(anyHost)).toBe('all hosts');
  });

  test('say what a silence means', () => {
    expect(silenceDetail(silence, { startMs, untilMs })).toEqual({ hosts: 'all', ...times, rules: ['*'] });
    expect(silenceText(silence)).toBe('* on all hosts');
    const only = { ...silence, rules: [], hosts: some, series: ['cpu.*'], severities: ['info'] as const };
    expect(silenceText({ ...only, series: [], severities: [] })).toMatch(/^all rules on web-\*/);
    expect(silenceDetail(only, { startMs, untilMs })).toMatchObject({
      ...{ hosts: someDetail, series: ['cpu.*'], severities: ['info'] },
    });
  });

  test('say what a rule and a note were', () => {
    const drafted = draftOf(
      ruleBody.parse({ metric: 'disk.*', condition: 'above', threshold: 9, hosts: { names: ['a'] }, enabled: false }),
    );
    if (drafted.kind === 'refused') throw new Error(drafted.problems.join());
    expect(ruleDetail(drafted.draft)).toMatchObject({
      ...{ hosts: { names: ['a'] }, enabled: false, kind: 'series', series: ['disk.*'] },
      condition: { kind: 'above', threshold: 9 },
    });
    const note = { atMs: startMs, untilMs: null, hosts: anyHost, text: 'deploy', author: 'ann' };
    expect(noteDetail(note)).toEqual({ hosts: 'all', start: times.start, end: null, text: 'deploy', author: 'ann' });
  });

  test('are bounded without being left out, and show what means most hosts first', () => {
    const long = '"'.repeat(1_000);
    const downtime: DowntimeSpec = {
      ...{ hosts: manyHosts, author: long, reason: long },
      schedule: { kind: 'recurring', start: long.slice(0, 40), rule: long, durationMs: 1, zone: long.slice(0, 100) },
    };
    const changed = { id: 1, ...downtimeDetail(downtime), becomes: downtimeDetail(downtime) };
    expect(cleanDetail(changed)).toMatchObject({ id: 1, hosts: { names: expect.arrayContaining(['*', 'zz']) } });
    expect(cleanDetail(changed)).not.toHaveProperty('cut');
    const all = { ...silence, hosts: manyHosts, rules: many, series: many, comment: long };
    expect(cleanDetail(silenceDetail(all, { startMs, untilMs }))).toMatchObject({ end: times.end });
    expect(silenceText(all).length).toBeLessThan(5_000);
    expect(hostsText(manyHosts)).toMatch(/^\*, zz, .* and \d+ more, tag /);
  });
});
