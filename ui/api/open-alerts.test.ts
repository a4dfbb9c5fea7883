import { expect, test } from 'vitest';
import { openAlertsOf } from './open-alerts.ts';

const firing = {
  id: 4,
  rule_id: 7,
  rule: 'Host down',
  host_id: 2,
  host: 'db-01',
  series: '',
  state: 'firing',
  severity: 'critical',
  cause: 'host_down',
  since: 1_700_000_000.5,
  value: null,
  message: 'db-01 is down',
  decision: 'no_channel',
  acknowledged: { at: 1_700_000_001, by: 'ann', comment: '' },
};

test('openAlertsOf() gives the rows that would have come live', () => {
  expect(openAlertsOf({ alerts: [firing] })).toEqual([
    {
      ruleId: 7,
      hostId: 2,
      series: '',
      phase: 'firing',
      alertId: 4,
      ruleName: 'Host down',
      severity: 'critical',
      cause: 'hostDown',
      sinceMs: 1_700_000_000_500,
      value: null,
      message: 'db-01 is down',
      decision: 'noChannel',
      isAcknowledged: true,
    },
  ]);
});

test('openAlertsOf() gives no id to what is pending, and leaves out what is over or no alert', () => {
  const pending = { ...firing, state: 'pending', acknowledged: null };
  const rows = openAlertsOf({ alerts: [pending, { ...firing, state: 'resolved' }, 7, {}] });
  expect(rows.map(({ phase, alertId, isAcknowledged }) => [phase, alertId, isAcknowledged])).toEqual([
    ['pending', null, false],
  ]);
  expect(openAlertsOf(null)).toEqual([]);
});
