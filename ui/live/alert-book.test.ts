import { describe, expect, test } from 'vitest';
import type { AlertRow } from '#core/message.ts';
import { AlertBook } from './alert-book.ts';

function row(ruleId: number, change: Partial<AlertRow> = {}): AlertRow {
  return {
    ruleId,
    hostId: 1,
    series: '',
    phase: 'firing',
    alertId: ruleId * 10,
    ruleName: `rule ${ruleId}`,
    severity: 'warning',
    cause: 'limits',
    sinceMs: ruleId * 1_000,
    value: 1,
    message: '',
    decision: 'told',
    isAcknowledged: false,
    ...change,
  };
}

function bookOf(...alerts: AlertRow[]): AlertBook {
  const book = new AlertBook();
  book.accept({ kind: 'alert', isWhole: true, alerts });
  return book;
}
const idsOf = (rows: readonly AlertRow[]) => rows.map(({ ruleId }) => ruleId);

describe('AlertBook', () => {
  test('counts what fires, what waits, and what asks for a person', () => {
    const book = bookOf(
      row(1),
      row(2, { severity: 'critical', isAcknowledged: true }),
      row(3, { decision: 'downtime' }),
      row(4, { phase: 'pending' }),
    );
    expect(book.counts).toEqual({
      firing: 3,
      pending: 1,
      bySeverity: { info: 0, warning: 2, critical: 1 },
      unacknowledged: 1,
    });
  });

  test('puts firing before pending, the worst first, then the oldest', () => {
    const book = bookOf(
      row(1, { phase: 'pending', severity: 'critical' }),
      row(2),
      row(3, { severity: 'critical', sinceMs: 9_000 }),
      row(4, { severity: 'critical', sinceMs: 8_000 }),
    );
    expect(idsOf(book.rows())).toEqual([4, 3, 2, 1]);
  });

  test('knows them by host, and the worst that fires there', () => {
    const book = bookOf(row(1), row(2, { hostId: 2, phase: 'pending' }), row(3, { severity: 'critical' }));
    expect(idsOf(book.ofHost(1))).toEqual([3, 1]);
    expect([book.worstOf(1), book.worstOf(2), book.worstOf(null)]).toEqual(['critical', null, null]);
  });

  test('takes changes one by one, and forgets what ended', () => {
    const book = bookOf(row(1), row(2));
    let count = 0;
    book.changed.subscribe(() => {
      count += 1;
    });
    book.accept({
      kind: 'alert',
      isWhole: false,
      alerts: [row(1, { phase: 'inactive' }), row(2, { isAcknowledged: true })],
    });
    expect([idsOf(book.rows()), book.counts.unacknowledged, count]).toEqual([[2], 0, 1]);
  });

  test('holds nothing of before once it is told everything anew', () => {
    const book = bookOf(row(1), row(2));
    book.accept({ kind: 'alert', isWhole: true, alerts: [row(3)] });
    expect(idsOf(book.rows())).toEqual([3]);
  });

  test('names the worst that has begun to fire, and not what fired before', () => {
    const book = new AlertBook();
    expect(book.isKnown).toBe(false);
    book.accept({ kind: 'alert', isWhole: true, alerts: [row(1, { severity: 'critical' })] });
    book.accept({
      kind: 'alert',
      isWhole: false,
      alerts: [row(1, { severity: 'critical', value: 2 }), row(2), row(3, { severity: 'info' })],
    });
    expect([book.isKnown, book.newest?.ruleId]).toEqual([true, 2]);
    book.accept({ kind: 'alert', isWhole: true, alerts: [row(2)] });
    expect(book.newest).toBe(null);
  });
});
