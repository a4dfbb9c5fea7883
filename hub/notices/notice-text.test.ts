import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hostileTexts,
  manyEvents,
  noticeAtMs,
  noticeEvent,
  noticeMessage,
  resolvedEvent,
} from '../testing/notice-fixture.ts';
import { bytes, characters, fitLines, formatDuration, linesOf, plainLine, severityOf, titleOf } from './notice-text.ts';

describe('titleOf()', () => {
  test('says state, severity, rule and place of a single target', () => {
    expect(titleOf(noticeMessage([noticeEvent()]))).toBe(
      'Firing, critical: Disk nearly full on web-1 disk_used_ratio{mount="/"}',
    );
    expect(titleOf(noticeMessage([noticeEvent({ series: '', ruleName: 'Host down' })]))).toBe(
      'Firing, critical: Host down on web-1',
    );
  });

  test('says how a target stands at the end', () => {
    expect(titleOf(noticeMessage([noticeEvent({ series: '' }), resolvedEvent({ series: '' })]))).toBe(
      'Resolved, critical: Disk nearly full on web-1',
    );
  });

  test('counts the targets of a group, and names its rule', () => {
    const events = [...manyEvents(3), resolvedEvent({ targetKey: 'target-9', hostName: 'web-9' })];
    expect(titleOf(noticeMessage(events))).toBe('3 firing, 1 resolved: Disk nearly full');
    expect(titleOf(noticeMessage(events, { omittedCount: 20 }))).toBe(
      '3 firing, 1 resolved, 20 more: Disk nearly full',
    );
  });

  test('names the host when it is one, and sums rules up', () => {
    const names = ['Disk nearly full', 'Memory pressure', 'Swap thrashing'];
    const events = names.map((ruleName, index) => noticeEvent({ targetKey: `t${index}`, ruleName }));
    expect(titleOf(noticeMessage(events))).toBe('3 firing: Disk nearly full and 2 other rules on web-1');
    expect(titleOf(noticeMessage(events.slice(1)))).toBe('2 firing: Memory pressure, Swap thrashing on web-1');
  });

  test.each(['storageDown', 'storageBack', 'test'] as const)('is the message itself for %s', (kind) => {
    const event = noticeEvent({
      kind,
      ruleName: '',
      hostName: '',
      series: '',
      alertId: null,
      message: 'Storage is down',
    });
    expect(titleOf(noticeMessage([event]))).toBe('Storage is down');
  });

  test('says the words of a repetition and of an escalation', () => {
    const title = (kind: 'repeated' | 'escalated' | 'told') =>
      titleOf(noticeMessage([noticeEvent({ kind, series: '' })]));
    expect(title('repeated')).toBe('Still firing, critical: Disk nearly full on web-1');
    expect(title('escalated')).toBe('Not acknowledged, critical: Disk nearly full on web-1');
    expect(title('told')).toBe('Firing, critical: Disk nearly full on web-1');
  });
});

describe('linesOf()', () => {
  test('has one line for each event, newest first, with its times', () => {
    const told = noticeEvent({ kind: 'told', series: '', message: '', atMs: noticeAtMs + 60_000 });
    expect(linesOf(noticeMessage([noticeEvent({ series: '' }), told, resolvedEvent({ series: '' })]))).toEqual([
      'Resolved, critical: Disk nearly full on web-1: 40 % of / is used (2026-11-27 02:42:00 UTC, after 12 min)',
      'Firing, critical: Disk nearly full on web-1 (since 2026-11-27 02:30:00 UTC)',
      'Firing, critical: Disk nearly full on web-1: 97 % of / is used (2026-11-27 02:30:00 UTC)',
    ]);
  });

  test('does not say of a single event what the title says', () => {
    expect(linesOf(noticeMessage([noticeEvent()]))).toEqual(['97 % of / is used (2026-11-27 02:30:00 UTC)']);
    const summary = 'Make\nroom';
    expect(linesOf(noticeMessage([noticeEvent({ summary })]))).toEqual([
      '97 % of / is used (2026-11-27 02:30:00 UTC). Make room',
    ]);
    expect(linesOf(noticeMessage([resolvedEvent({ summary })]))[0]).not.toContain('room');
    expect(linesOf(noticeMessage([noticeEvent()], { omittedCount: 1 }))[0]).toMatch(/^Firing, critical: /);
    expect(linesOf(noticeMessage([noticeEvent({ message: '', series: '' })]))).toEqual([
      'Firing, critical: Disk nearly full on web-1 (2026-11-27 02:30:00 UTC)',
    ]);
  });

  test('survives times that are none', () => {
    const event = noticeEvent({ atMs: Number.NaN, firedMs: 9e15 });
    expect(linesOf(noticeMessage([event]))[0]).toContain('(at an unknown time)');
  });
});

test('severityOf() is the worst of what still fires', () => {
  const warning = noticeEvent({ targetKey: 'b', severity: 'warning' });
  expect(severityOf(noticeMessage([noticeEvent(), warning]))).toBe('critical');
  expect(severityOf(noticeMessage([noticeEvent(), resolvedEvent(), warning]))).toBe('warning');
  expect(severityOf(noticeMessage([noticeEvent(), resolvedEvent()]))).toBe('info');
});

describe('plainLine()', () => {
  test('leaves one line of visible text of whatever it is given, within its bound', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostileTexts));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 80 }), (given, max) => {
        const line = plainLine(given, max);
        expect(line.length).toBeLessThanOrEqual(max);
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u);
        // Well-formed: no half of a pair is left.
        expect(line).not.toMatch(/\p{Cs}/u);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  test('keeps what is harmless', () => {
    expect(plainLine('  Größe 97 % 👩‍💻 <b>  ', 100)).toBe('Größe 97 % 👩‍💻 <b>');
  });
});

describe('fitLines()', () => {
  test('keeps the newest and says how many more there are', () => {
    const lines = ['title', 'newest', 'older', 'oldest'];
    const fitted = (sizeMax: number, omittedCount = 0) =>
      fitLines(lines, { sizeMax, measure: characters, omittedCount });
    expect(fitted(100)).toBe('title\nnewest\nolder\noldest');
    expect(fitted(100, 7)).toBe('title\nnewest\nolder\noldest\nand 7 more');
    expect(fitted(25)).toBe('title\nnewest\nolder\noldest');
    expect(fitted(24)).toBe('title\nnewest\nand 2 more');
    expect(fitted(22)).toBe('title\nand 3 more');
  });

  test('never takes more than it may, counted in characters or in bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 60 })),
        fc.nat(500),
        fc.nat(9),
        (texts, max, omitted) => {
          const lines = texts.map((text) => plainLine(text, 60));
          for (const measure of [characters, bytes]) {
            const fitted = fitLines(lines, { sizeMax: max + 30, measure, omittedCount: omitted });
            expect(measure(fitted)).toBeLessThanOrEqual(max + 30);
            const [, more = '0'] = /and (\d+) more$/.exec(fitted) ?? [];
            const shown = fitted === '' ? [] : fitted.split('\n').filter((line) => !line.startsWith('and '));
            if (lines.every((line) => line !== '' && !line.startsWith('and ')))
              expect(shown.length + Number(more)).toBe(lines.length + omitted);
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_660_000, '1 h 1 min'],
  [90_000_000, '1 d 1 h'],
])('formatDuration(%i) is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
