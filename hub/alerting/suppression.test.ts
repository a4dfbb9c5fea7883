import { describe, expect, test } from 'vitest';
import type { Downtime, Schedule, Silence, SilenceSpec } from '#core/downtime.ts';
import { anyHost, type HostSelector } from '#core/rule-spec.ts';
import { Suppression } from './suppression.ts';

const web = { name: 'web-1', tags: { site: 'north' } };

function downtime(id: number, schedule: Schedule, hosts: Partial<HostSelector> = {}): Downtime {
  const spec = { hosts: { ...anyHost, ...hosts }, schedule, author: 'ann', reason: '' };
  return { id, name: '', spec, origin: 'api', createdMs: 0 };
}

function silence(spec: Partial<SilenceSpec>): Silence {
  const all = { hosts: anyHost, rules: [], series: [], severities: [], author: 'ann', comment: '' };
  return { id: 1, spec: { ...all, ...spec }, untilMs: 1_000, createdMs: 0 };
}

const once = { kind: 'once', startMs: 100, endMs: 200 } as const;

describe('downtimeOf()', () => {
  test('is the first downtime that means the host and in whose window the moment lies', () => {
    const suppression = new Suppression();
    const downtimes = [downtime(1, once, { names: ['db*'] }), downtime(2, once, { tags: { site: 'n*' } })];
    suppression.set({ downtimes, silences: [] });
    const idAt = (nowMs: number) => suppression.downtimeOf(web, nowMs)?.id ?? null;
    expect([99, 100, 199, 200].map(idAt)).toEqual([null, 2, 2, null]);
    expect(suppression.downtimeOf({ name: 'db-1', tags: {} }, 150)?.id).toBe(1);
    suppression.set({ downtimes: [], silences: [] });
    expect(idAt(150)).toBeNull();
  });

  test('looks the window up once, however often others are changed', () => {
    const suppression = new Suppression();
    let readCount = 0;
    const kept = downtime(1, once);
    Object.defineProperty(kept.spec, 'schedule', {
      get: () => {
        readCount += 1;
        return once;
      },
    });
    for (const other of [2, 3, 4]) {
      suppression.set({ downtimes: [kept, downtime(other, once)], silences: [] });
      expect(suppression.downtimeOf(web, 150)?.id).toBe(1);
    }
    expect(readCount).toBe(1);
  });

  test('knows recurring ones, in the time of their zone', () => {
    const rule = { rule: 'FREQ=DAILY', start: '2026-03-28T02:00:00', durationMs: 3_600_000, zone: 'Europe/Berlin' };
    const suppression = new Suppression();
    suppression.set({ downtimes: [downtime(1, { kind: 'recurring', ...rule })], silences: [] });
    const isQuiet = (at: string) => suppression.downtimeOf(web, Date.parse(at)) !== null;
    expect(['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z', '2026-03-30T01:30Z'].map(isQuiet)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe('silenceOf()', () => {
  const subject = { host: web, ruleName: 'Disk nearly full', series: 'disk{device="a"}', severity: 'warning' } as const;
  const silenced = (spec: Partial<SilenceSpec>, about: Partial<Parameters<Suppression['silenceOf']>[0]> = {}) => {
    const suppression = new Suppression();
    suppression.set({ downtimes: [], silences: [silence(spec)] });
    return suppression.silenceOf({ ...subject, ...about }, 500) !== null;
  };

  test.each<[string, Partial<SilenceSpec>, boolean]>([
    ['nothing but time', {}, true],
    ['its host', { hosts: { ...anyHost, names: ['web-*'] } }, true],
    ['another host', { hosts: { ...anyHost, names: ['db-*'] } }, false],
    ['its rule by glob', { rules: ['Disk*'] }, true],
    ['another rule', { rules: ['CPU'] }, false],
    ['its series by name', { series: ['disk'] }, true],
    ['another series', { series: ['disk{device="b"}'] }, false],
    ['its severity among others', { severities: ['info', 'warning'] }, true],
    ['another severity', { severities: ['critical'] }, false],
    ['all of these but one', { rules: ['Disk*'], severities: ['critical'] }, false],
  ])('that names %s', (_, spec, isSilenced) => {
    expect(silenced(spec)).toBe(isSilenced);
  });

  test('that has ended is none', () => {
    const suppression = new Suppression();
    suppression.set({ downtimes: [], silences: [silence({})] });
    expect([999, 1_000].map((nowMs) => suppression.silenceOf(subject, nowMs) !== null)).toEqual([true, false]);
  });

  test('means the fleet only if it names no hosts', () => {
    expect(silenced({}, { host: null })).toBe(true);
    expect(silenced({ hosts: { ...anyHost, names: ['web-*'] } }, { host: null })).toBe(false);
  });
});
