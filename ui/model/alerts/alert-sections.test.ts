import { describe, expect, test } from 'vitest';
import { alertItem, nowMs } from '../../testing/alert-samples.ts';
import { matchingAlerts, openSections, resolvedSections } from './alert-sections.ts';

const firing = alertItem({ key: 'a', sinceMs: nowMs - 1_124_000 });
const worse = alertItem({ key: 'b', sinceMs: nowMs - 60_000, severity: 'warning', isAcknowledged: true });
const pending = alertItem({ key: 'c', phase: 'pending', severity: 'info' });
const over = Array.from({ length: 7 }, (_, id) => alertItem({ key: `#${id}`, id, phase: 'resolved', endMs: nowMs }));

describe('openSections()', () => {
  test('tells what fires, what is pending, and the newest of what is over', () => {
    const sections = openSections([firing, worse, pending], { items: over, countText: '50+', isOfDay: true }, nowMs);
    expect(sections.map(({ title, note, end, items }) => [title, note, end, items.length])).toEqual([
      ['Firing 2', '1 critical, 1 warning, 1 acknowledged', 'oldest since 14:13', 2],
      ['Pending 1', 'condition true, waiting for the hold time', '', 1],
      ['Resolved 50+', 'last 24 h', '', 5],
    ]);
  });

  test('has none that is empty', () => {
    expect(openSections([], { items: [], countText: '0', isOfDay: true }, nowMs)).toEqual([]);
    const [only] = openSections([firing], { items: [], countText: '0', isOfDay: true }, nowMs);
    expect([only!.id, only!.end]).toEqual(['firing', '']);
  });
});

test('resolvedSections() says how far it goes back', () => {
  expect(resolvedSections({ items: over, countText: '7', isOfDay: false })).toMatchObject([
    { title: 'Resolved 7', note: 'newest first' },
  ]);
  expect(resolvedSections({ items: [], countText: '0', isOfDay: true })).toEqual([]);
});

test('matchingAlerts() takes words and severity together', () => {
  const items = [firing, worse, pending];
  expect(matchingAlerts(items, { query: ' ', severity: null })).toBe(items);
  expect(matchingAlerts(items, { query: 'db-02', severity: 'warning' })).toEqual([worse]);
});
