import { describe, expect, test } from 'vitest';
import { alertItem, nowMs } from '../../testing/alert-samples.ts';
import { thinSpace } from '../format.ts';
import { alertOverlays, alertPlot } from './alert-chart.ts';

describe('alertPlot()', () => {
  test('is live for an open alert, and stands still around one that is over', () => {
    const open = alertPlot(alertItem(), nowMs)!;
    expect(open.range).toEqual({ kind: 'live', spanMs: 900_000 });
    expect(open.chart).toMatchObject({ title: 'Disk write latency vda', unit: 'ms' });
    expect(open.chart.lines).toMatchObject([{ key: 'disk_write_latency_ms{device="vda"}', host: 'db-02' }]);
    const over = alertPlot(alertItem({ phase: 'resolved', endMs: nowMs - 60_000 }), nowMs)!;
    expect(over.range).toMatchObject({ kind: 'fixed', toMs: nowMs });
  });

  test('shows a sign of life of a host that is away, and nothing of the fleet', () => {
    const away = alertPlot(alertItem({ series: '', cause: 'hostDown', unit: '' }), nowMs)!;
    expect(away.chart).toMatchObject({ title: 'CPU', unit: 'percent' });
    expect(away.chart.note).toMatch(/^as a sign of life, /);
    expect(alertPlot(alertItem({ series: '', host: '', cause: 'massOutage' }), nowMs)).toBeNull();
  });
});

describe('alertOverlays()', () => {
  const labelsOf = (item: ReturnType<typeof alertItem>) =>
    alertOverlays(item).thresholds.map(({ label }) => label.replaceAll(thinSpace, ' '));

  test('names limit and recovery, and spans the alert', () => {
    const item = alertItem();
    expect(labelsOf(item)).toEqual(['critical at 20 ms', 'clears at 12 ms']);
    expect(alertOverlays(item).spans).toEqual([
      { kind: 'alert', fromMs: item.sinceMs, toMs: null, severity: 'critical', label: 'Disk write latency' },
    ]);
  });

  test('has the limit by which it fired, though the rule says another today', () => {
    expect(labelsOf(alertItem({ threshold: 30 }))[0]).toBe('critical at 30 ms');
    expect(labelsOf(alertItem({ threshold: 30, condition: null }))).toEqual(['critical at 30 ms']);
  });

  test('has both bounds', () => {
    const condition = { kind: 'outside', low: 1, high: 9, recoveryLow: 2, recoveryHigh: null } as const;
    expect(labelsOf(alertItem({ condition }))).toEqual(['critical at 1 ms', 'critical at 9 ms', 'clears at 2 ms']);
  });

  test('draws no limit of a change over the values, and no alert that has not fired', () => {
    expect(labelsOf(alertItem({ input: { kind: 'rate', windowMs: 60_000 } }))).toEqual([]);
    expect(alertOverlays(alertItem({ phase: 'pending' })).spans).toEqual([]);
  });
});
