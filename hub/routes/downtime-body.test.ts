import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { problemsOf } from '../json-body.ts';
import {
  downtimeAnswerOf,
  downtimeBody,
  downtimeSpecOf,
  patchedDowntimeBody,
  silenceBody,
  silenceSpecOf,
} from './downtime-body.ts';

function specOf(content: unknown) {
  const drafted = downtimeSpecOf(downtimeBody.parse(content));
  if (drafted.kind === 'refused') throw new Error(drafted.problems.join('; '));
  return drafted.spec;
}

function problems(content: unknown): readonly string[] {
  const parsed = downtimeBody.safeParse(content);
  if (!parsed.success) return problemsOf(parsed.error);
  const drafted = downtimeSpecOf(parsed.data);
  return drafted.kind === 'refused' ? drafted.problems : [];
}

const hosts = {};
const recurring = { hosts, start: '2026-03-28T02:00:00', rule: 'FREQ=DAILY', duration: 60, zone: 'Europe/Berlin' };

describe('a downtime as people write it', () => {
  test.each([
    [{ start: 1_700_000_000.5, end: 1_700_000_060 }, 1_700_000_000_500, 1_700_000_060_000],
    [{ start: 1_700_000_000, duration: 90 }, 1_700_000_000_000, 1_700_000_090_000],
    [{ start: '2026-03-28T02:00:00Z', end: '2026-03-28T04:00:00+01:00' }, 1_774_663_200_000, 1_774_666_800_000],
  ])('%j is once', (times, startMs, endMs) => {
    expect(specOf({ hosts, ...times }).schedule).toEqual({ kind: 'once', startMs, endMs });
  });

  test('comes again by its rule', () => {
    expect(specOf({ ...recurring, author: 'ann', reason: 'a\nb' })).toEqual({
      hosts: anyHost,
      schedule: {
        kind: 'recurring',
        start: '2026-03-28T02:00:00',
        rule: 'FREQ=DAILY',
        durationMs: 60_000,
        zone: 'Europe/Berlin',
      },
      author: 'ann',
      reason: 'a\nb',
    });
  });

  test.each<[object, RegExp[]]>([
    [{ start: 1_700_000_000 }, [/^end: /]],
    [{ start: 1_700_000_000, end: 1_700_000_001, duration: 1 }, [/^end: /]],
    [{ start: 1_700_000_000, end: 1_600_000_000 }, [/^schedule: /]],
    [{ start: 1_700_000_000, duration: 0 }, [/^schedule: /]],
    [{ start: 1_700_000_000, duration: Number.NaN }, [/^duration: /]],
    [{ start: 1_700_000_000, duration: 60, zone: 'Europe/Berlin' }, [/^zone: /]],
    [{ start: '2026-03-28 02:00', duration: 60 }, [/^start: /]],
    // A time without an offset is nobody's.
    [{ start: '2026-03-28T02:00:00', end: '2026-03-28T03:00:00' }, [/^end: /]],
    [{ start: 60, duration: 60 }, [/^schedule: /]],
    [{ start: 9e10, duration: 60 }, [/^schedule: /]],
    [{ ...recurring, zone: 'Europe/Nowhere' }, [/^schedule: the zone/]],
    [{ ...recurring, rule: 'FREQ=SECONDLY' }, [/^schedule: /]],
    [{ ...recurring, rule: 'FREQ=DAILY;UNTIL=20200101T000000' }, [/^schedule: /]],
    [{ ...recurring, duration: 100 * 365 * 86_400 }, [/^duration: /]],
    [{ ...recurring, start: 1_700_000_000 }, [/^start: /]],
    [{ start: recurring.start, rule: 'FREQ=DAILY', end: 1_700_000_000 }, [/^end: /, /^duration: /, /^zone: /]],
  ])('is refused with what is wrong with it: %j', (content, expected) => {
    const found = problems({ hosts, ...content });

    expect(found).toHaveLength(expected.length);
    for (const [index, problem] of found.entries()) expect(problem).toMatch(expected[index]!);
  });

  test('says of which hosts: one without a word of that would mean all of them', () => {
    expect(problems({ start: 1_700_000_000, duration: 60 })).toEqual([expect.stringMatching(/^hosts: /)]);
  });
});

describe('patchedDowntimeBody()', () => {
  const downtime = (spec: ReturnType<typeof specOf>) =>
    ({ id: 1, name: '', spec, origin: 'api', createdMs: 0 }) as const;
  const patched = (before: object, patch: Record<string, unknown>) =>
    specOf(patchedDowntimeBody(downtime(specOf(before)), patch)).schedule;
  const once = { hosts, start: 1_700_000_000, end: 1_700_000_060 };

  test.each([
    [once, { end: 1_700_000_010 }, { kind: 'once', startMs: 1_700_000_000_000, endMs: 1_700_000_010_000 }],
    [once, { duration: 5 }, { kind: 'once', startMs: 1_700_000_000_000, endMs: 1_700_000_005_000 }],
    [recurring, { duration: 5 }, { kind: 'recurring', durationMs: 5_000, rule: 'FREQ=DAILY' }],
    [once, { ...recurring, hosts: {} }, { kind: 'recurring', durationMs: 60_000 }],
    [recurring, { ...once, rule: null }, { kind: 'once', startMs: 1_700_000_000_000, endMs: 1_700_000_060_000 }],
    [once, { end: 1_700_000_010, rule: null }, { kind: 'once', startMs: 1_700_000_000_000, endMs: 1_700_000_010_000 }],
  ])('of %j by %j', (before, patch, schedule) => {
    expect(patched(before, patch)).toMatchObject(schedule);
  });
});

test('downtimeAnswerOf() says what a downtime does at the moment', () => {
  const spec = specOf({ hosts, start: 1_700_000_000, duration: 60 });
  const stateAt = (seconds: number) => {
    const { state, window } = downtimeAnswerOf(
      { id: 1, name: '', spec, origin: 'file', createdMs: 5_000 },
      seconds * 1_000,
    );
    return [state, window];
  };
  const window = { start: 1_700_000_000, end: 1_700_000_060 };

  expect([stateAt(1_699_999_999), stateAt(1_700_000_000), stateAt(1_700_000_060)]).toEqual([
    ['scheduled', window],
    ['active', window],
    ['over', null],
  ]);
});

describe('silenceSpecOf()', () => {
  const nowMs = 1_700_000_000_000;
  const draft = (content: unknown) => silenceSpecOf(silenceBody.parse(content), nowMs);

  test('lasts until a moment, or for a time from now', () => {
    expect(draft({ rules: ['a'], until: '2023-11-14T22:13:21Z' })).toMatchObject({
      spec: { untilMs: nowMs + 1_000, silence: { rules: ['a'], hosts: anyHost } },
    });
    expect(draft({ severities: ['info'], duration: 0.5 })).toMatchObject({ spec: { untilMs: nowMs + 500 } });
  });

  test.each([
    [{ duration: 5 }, /^body: a silence must say what it means/],
    [{ rules: ['*'] }, /^until: /],
    [{ rules: ['*'], duration: 0 }, /^until: /],
    [{ rules: ['*'], until: 1_600_000_000 }, /^until: /],
    [{ rules: ['*'], until: 9e10 }, /^until: /],
  ])('refuses %j', (content, expected) => {
    expect(draft(content)).toEqual({ kind: 'refused', problems: [expect.stringMatching(expected)] });
  });
});
