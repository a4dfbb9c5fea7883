import { describe, expect, test } from 'vitest';
import type { RuleCondition, RuleSpec } from '#core/rule-spec.ts';
import { previewOf } from './message-preview.ts';
import { newRuleDraft } from './rule-draft.ts';

const { spec } = newRuleDraft({ host: '', metric: '' });
const web = { name: 'web-03', alias: 'Shop 3', tags: { role: 'web' } };
const db = { name: 'db-01', alias: '', tags: {} };
const series = { host: 'web-03', key: 'cpu_used_percent', unit: 'percent', newest: 40, lowest: 30, highest: 50 };
const preview = (change: Partial<RuleSpec>, found: typeof series | null = series) =>
  previewOf({ name: 'CPU high', spec: { ...spec, ...change }, series: found, fleet: { hosts: [db, web] } });

function limited(condition: RuleCondition): Partial<RuleSpec> {
  return spec.subject.kind === 'series' ? { subject: { ...spec.subject, condition } } : {};
}

describe('previewOf()', () => {
  test('fills a template with the host nearest to firing and a value beyond the limit', () => {
    expect(preview({ message: '{{host}} ({{tag.role}}): {{value}} is {{condition}} for {{for}}' })).toBe(
      'web-03 (web): 91.8 is above 85 for 2 min',
    );
  });

  test('is the standard message of the hub without a template', () => {
    expect(preview({})).toBe('Shop 3: cpu_used_percent is 91.8 % (above 85 % for 2 min)');
  });

  test('has no value that there cannot be', () => {
    expect(preview({ message: '{{value}}', ...limited({ kind: 'above', threshold: 95, recovery: null }) })).toBe('100');
    expect(preview({ message: '{{value}}', ...limited({ kind: 'below', threshold: 10, recovery: null }) })).toBe('9.2');
  });

  test('takes a host that the rule means while nothing is known of its series', () => {
    expect(preview({ message: '{{host}}' }, null)).toBe('db-01');
  });

  test('says nothing while the template cannot be used', () => {
    expect(preview({ message: '{{hots}}' })).toBe('');
  });

  test('speaks of the host itself where no series is looked at', () => {
    expect(preview({ subject: { kind: 'hostDown', afterMs: 10_000 } }, null)).toBe('db-01 is down');
  });
});
