import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { alertItem, nowMs } from '../../testing/alert-samples.ts';
import { silencedItems, silenceOfAlert, silenceProblems, silenceWords } from './silence-draft.ts';

const blank = silenceOfAlert(null);

test('silenceOfAlert() means this alert and no other', () => {
  const spec = silenceOfAlert(alertItem());
  const others = [
    alertItem({ key: 'a', host: 'db-03' }),
    alertItem({ key: 'b', ruleName: 'Disk nearly full' }),
    alertItem({ key: 'c', series: 'disk_write_latency_ms{device="vdb"}' }),
  ];
  expect(silencedItems([alertItem(), ...others], spec)).toEqual([alertItem()]);
});

test('silencedItems() takes all of what is said, and an empty one for nothing', () => {
  const items = [alertItem(), alertItem({ key: 'a', severity: 'warning' })];
  expect(silencedItems(items, { ...blank, severities: ['warning'] })).toEqual([items[1]]);
  expect(silencedItems(items, { ...blank, severities: ['warning'], rules: ['CPU*'] })).toEqual([]);
  expect(silencedItems(items, { ...blank, hosts: { ...anyHost, notTags: { env: 'prod' } } })).toEqual([]);
  expect(silencedItems(items, blank)).toEqual([]);
});

describe('silenceWords()', () => {
  test.each([
    [{ rules: ['Disk*'] }, 'Disk* on every host'],
    [{ hosts: { ...anyHost, names: ['web-*'] } }, 'Every rule on web-*'],
    [{ severities: ['info' as const, 'warning' as const] }, 'Info and warning alerts on every host'],
    [
      { rules: ['CPU high'], hosts: { ...anyHost, tags: { role: 'db' } }, series: ['load_1m'] },
      'CPU high on role=db (load_1m)',
    ],
    [{ rules: ['CPU high'], severities: ['info' as const] }, 'CPU high, info alerts on every host'],
  ])('%j', (part, words) => {
    expect(silenceWords({ ...blank, ...part })).toBe(words);
  });
});

test('silenceProblems() wants something that is meant, a time to come and a name', () => {
  expect(Object.keys(silenceProblems(blank, { untilMs: nowMs, nowMs }))).toEqual(['matchers', 'until', 'author']);
  expect(Object.keys(silenceProblems({ ...blank, author: ' ' }, { untilMs: null, nowMs }))).toContain('author');
  const whole = { ...blank, author: 'ann', rules: ['*'] };
  expect(silenceProblems(whole, { untilMs: nowMs + 1, nowMs })).toEqual({});
});
