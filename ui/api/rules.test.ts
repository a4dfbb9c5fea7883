import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryRule } from '../testing/arbitrary-rule.ts';
import { HubClient } from './client.ts';
import { parseRule, ruleJsonOf } from './rule-json.ts';
import { backtestRule, changeRule, deleteRule, parseBacktest, readRules } from './rules.ts';

const diskRule = {
  id: 3,
  kind: 'series',
  name: 'Disk nearly full',
  metric: 'filesystem_used_percent',
  labels: {},
  input: { average: 60 },
  condition: 'above',
  threshold: 90,
  recovery: 88,
  no_data: null,
  hosts: { names: [], tags: { role: 'db' }, not_names: [], not_tags: {} },
  for: 300,
  keep_firing: 60,
  severity: 'warning',
  summary: '',
  message: '',
  channels: null,
  group_by: [],
  repeat: 14_400,
  escalations: [{ after: 900, channels: ['phone'] }],
  overrides: [{ hosts: { names: ['nas'] }, threshold: 95 }],
  enabled: true,
  origin: 'default',
  read_only: false,
  version: 2,
  created: 10,
  changed: 20,
};

/** Notes what is sent; answers `body`. */
function clientOf(body: unknown, status = 200) {
  const sent: { path: string; method: string; body: unknown }[] = [];
  const client = new HubClient(async (path, init = {}) => {
    sent.push({
      path: String(path),
      method: init.method ?? 'GET',
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
    });
    return new Response(JSON.stringify(body), { status });
  });
  return { client, sent };
}

describe('parseRule()', () => {
  test('reads what the hub lists', () => {
    expect(parseRule(diskRule)).toMatchObject({
      id: 3,
      name: 'Disk nearly full',
      isEnabled: true,
      origin: 'default',
      changedMs: 20_000,
      spec: {
        subject: {
          kind: 'series',
          series: { patterns: ['filesystem_used_percent'] },
          input: { kind: 'average', windowMs: 60_000 },
          condition: { kind: 'above', threshold: 90, recovery: 88 },
        },
        forMs: 300_000,
        channels: null,
        escalations: [{ afterMs: 900_000, channels: ['phone'] }],
        overrides: [{ condition: { kind: 'above', threshold: 95, recovery: null } }],
      },
    });
  });

  test.each([null, 7, {}, { id: 1, kind: 'moon_phase' }, { id: 1, condition: 'above' }])(
    'gives null for %j',
    (body) => {
      expect(parseRule(body)).toBeNull();
    },
  );

  test('reads back every rule that is sent', () => {
    fc.assert(
      fc.property(arbitraryRule, ({ name, spec, isEnabled }) => {
        const json = JSON.parse(JSON.stringify({ id: 1, ...ruleJsonOf({ name, spec, isEnabled }) }));
        expect(parseRule(json)).toMatchObject({ name, spec, isEnabled });
      }),
      { seed: 7 },
    );
  });
});

test('readRules() asks for those of one host by its name, and leaves out what it does not know', async () => {
  const { client, sent } = clientOf([diskRule, { id: 4, kind: 'moon_phase' }]);
  const asked = await readRules(client, { host: 'a b' });
  expect(asked.kind === 'ok' && asked.value.map(({ id }) => id)).toEqual([3]);
  expect(sent[0]?.path).toBe('/api/v1/rules?host=a%20b');
});

test('changeRule() replaces all of the rule as it was read', async () => {
  const { client, sent } = clientOf(diskRule);
  const rule = parseRule(diskRule)!;
  await changeRule(client, rule, { ...rule, isEnabled: false });
  expect(sent[0]).toMatchObject({ path: '/api/v1/rules/3', method: 'PATCH', body: { version: 2, enabled: false } });
});

test('deleteRule() sends no body, and hands on why it was refused', async () => {
  const { client, sent } = clientOf({ error: 'Cannot remove rule: it is kept in the file' }, 409);
  const refused = { kind: 'failed', status: 409, why: 'Cannot remove rule: it is kept in the file' };
  expect(await deleteRule(client, 3)).toEqual(refused);
  expect(sent[0]).toEqual({ path: '/api/v1/rules/3', method: 'DELETE', body: null });
});

describe('backtestRule()', () => {
  const answer = {
    start: 100,
    end: 200,
    fired: 2,
    firing_seconds: 30,
    hosts: 1,
    judged_series: 1,
    fired_series: 1,
    series: [{ host: 'web', series: 'load', fired: 2, firing_seconds: 30, first: 110, last: 150 }],
    marks: [{ host: 'web', series: 'load', start: 110, end: 120 }],
    marks_in_all: 2,
    holes: [{ host: 'web', start: 160, end: 170 }],
    holes_in_all: 1,
    tier: 'minute',
    coarser_by: 'limit',
    approximate: true,
    samples_read: 1_000,
    seconds: 0.12,
  };

  test('sends the rule without a name, and reads the answer in ms', async () => {
    const { client, sent } = clientOf(answer);
    const asked = await backtestRule(client, parseRule(diskRule)!, { startMs: 100_000, endMs: 200_000 });
    expect(sent[0]?.body).toMatchObject({ start: 100, end: 200, rule: { threshold: 90 } });
    expect(sent[0]?.body).not.toHaveProperty('rule.name');
    expect(asked).toMatchObject({
      value: {
        fired: 2,
        firingMs: 30_000,
        marks: [{ host: 'web', series: 'load', startMs: 110_000, endMs: 120_000 }],
        holes: [{ host: 'web', startMs: 160_000, endMs: 170_000 }],
        tier: 'minute',
        isApproximate: true,
        durationMs: 120,
      },
    });
  });

  test('an answer of another shape is an empty one', () => {
    expect(parseBacktest('?')).toMatchObject({ fired: 0, marks: [], holes: [], tier: 'raw' });
  });
});
