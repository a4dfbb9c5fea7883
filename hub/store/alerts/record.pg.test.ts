import { expect, test } from 'vitest';
import { withDatabase } from '../../testing/database.ts';
import { acknowledge } from './alerts.ts';
import { type EventRow, readTargets, recordEvents, savePending } from './record.ts';

const target = { ruleId: 1, hostId: 2, series: 'cpu' };

function row(change: Partial<EventRow> = {}): EventRow {
  const seq = change.seq ?? 1;
  const kind = change.kind ?? (seq % 2 === 1 ? 'fired' : 'resolved');
  return {
    ...target,
    key: `${kind}-${seq}-${change.step ?? 0}`,
    kind,
    seq,
    atMs: 1_700_000_000_000 + seq * 1_000,
    tickMs: 1_700_000_000_000 + seq * 1_000,
    ordinal: 1,
    value: 93.5,
    message: 'web-1: cpu is 93.5',
    decision: 'told',
    trace: { path: [] },
    ruleName: 'CPU',
    hostName: 'web-1',
    severity: 'warning',
    cause: 'limits',
    condition: 'above 90',
    threshold: 90,
    unit: 'percent',
    why: kind === 'resolved' ? 'good' : null,
    step: 0,
    notices: [],
    ...change,
  };
}

const notice = { channelId: 7, groupKey: 'rule:1', waitMs: 300, intervalMs: 60_000, isSent: false };

test('recordEvents() writes the state, the alert, the event and the outbox of a firing and its end', async () => {
  await withDatabase(async ({ sql }) => {
    const answers = await recordEvents(sql, [row({ notices: [notice] }), row({ seq: 2 })]);
    expect(answers.map(({ outcome, seq, phase, isTold }) => ({ outcome, seq, phase, isTold }))).toEqual([
      { outcome: 'recorded', seq: 1, phase: 'firing', isTold: true },
      { outcome: 'recorded', seq: 2, phase: 'inactive', isTold: false },
    ]);
    const [alert] = await sql`select fired_value, resolved_why, resolved_at > fired_at as ended from alert`;
    expect(alert).toEqual({ fired_value: 93.5, resolved_why: 'good', ended: true });
    expect(await sql`select kind, decision from alert_event order by id`).toEqual([
      { kind: 'fired', decision: 'told' },
      { kind: 'resolved', decision: 'told' },
    ]);
    expect(await sql`select channel, key, state, due_at > now() as later from outbox`).toEqual([
      { channel: 7, key: 'fired-1-0.7', state: 'waiting', later: true },
    ]);
  });
});

test('recordEvents() leaves a row alone that it knows, so that a statement may be repeated', async () => {
  await withDatabase(async ({ sql }) => {
    const rows = [row({ notices: [notice] })];
    await recordEvents(sql, rows);
    const [answer] = await recordEvents(sql, rows);
    expect(answer).toMatchObject({ outcome: 'known', seq: 1, phase: 'firing' });
    expect(await sql`select count(*)::int as n from outbox`).toEqual([{ n: 1 }]);
  });
});

test('recordEvents() refuses a step that does not follow, and says where the target stands', async () => {
  await withDatabase(async ({ sql }) => {
    await recordEvents(sql, [row()]);
    const answers = await recordEvents(sql, [
      row({ key: 'again' }),
      row({ key: 'far', seq: 4 }),
      row({ key: 'even', seq: 2, kind: 'fired' }),
      row({ key: 'told', kind: 'told', seq: 1 }),
    ]);
    expect(answers.map(({ outcome, seq }) => [outcome, seq])).toEqual([
      ['refused', 1],
      ['refused', 1],
      ['refused', 1],
      ['refused', 1],
    ]);
    expect(await sql`select count(*)::int as n from alert_event`).toEqual([{ n: 1 }]);
  });
});

test('recordEvents() tells late exactly once', async () => {
  await withDatabase(async ({ sql }) => {
    await recordEvents(sql, [row({ decision: 'downtime' })]);
    const told = row({ kind: 'told', key: 'told-1', seq: 1 });
    expect(await recordEvents(sql, [told])).toMatchObject([{ outcome: 'recorded', isTold: true }]);
    expect(await recordEvents(sql, [{ ...told, key: 'told-1b' }])).toMatchObject([{ outcome: 'refused' }]);
    // It resolves in another downtime, and people are told behind it.
    await recordEvents(sql, [row({ seq: 2, decision: 'downtime' })]);
    const late = row({ kind: 'told', key: 'told-2', seq: 2 });
    expect(await recordEvents(sql, [late])).toMatchObject([{ outcome: 'recorded', isTold: false, phase: 'inactive' }]);
    expect(await sql`select distinct alert from alert_event`).toHaveLength(1);
  });
});

test('recordEvents() takes reminders that are further than what is recorded, until somebody acknowledges', async () => {
  await withDatabase(async ({ sql }) => {
    const [fired] = await recordEvents(sql, [row()]);
    const outcomesOf = async (...rows: readonly EventRow[]) =>
      (await recordEvents(sql, rows)).map(({ outcome }) => outcome);
    const repeated = (step: number) => row({ kind: 'repeated', step });
    const escalated = (step: number) => row({ kind: 'escalated', step });
    expect(await outcomesOf(repeated(3), repeated(2), escalated(1))).toEqual(['recorded', 'refused', 'recorded']);
    // One whose predecessor was lost.
    expect(await outcomesOf(repeated(5))).toEqual(['recorded']);
    expect(await sql`select repeats, escalations from alert`).toEqual([{ repeats: 5, escalations: 1 }]);
    await acknowledge(sql, { alertId: fired!.alertId!, by: 'ann', comment: '' });
    expect(await outcomesOf(repeated(6), escalated(2))).toEqual(['refused', 'refused']);
  });
});

test('a notice keeps its distance from the last message of its group', async () => {
  await withDatabase(async ({ sql }) => {
    await sql`insert into outbox_group values (7, 'rule:1', now())`;
    await recordEvents(sql, [row({ notices: [notice, { ...notice, channelId: 8 }] })]);
    expect(await sql`select channel, due_at > now() + interval '50 s' as far from outbox order by channel`).toEqual([
      { channel: 7, far: true },
      { channel: 8, far: false },
    ]);
  });
});

test('of rivals that record the same step one wins', async () => {
  await withDatabase(async ({ sql }) => {
    const answers = await Promise.all(['a', 'b', 'c'].map((key) => recordEvents(sql, [row({ key })])));
    expect(answers.map(([answer]) => answer!.outcome).sort()).toEqual(['recorded', 'refused', 'refused']);
  });
});

test('savePending() keeps what is pending, and readTargets() gives back where all stand', async () => {
  await withDatabase(async ({ sql }) => {
    await recordEvents(sql, [row({ series: 'disk' })]);
    const at = { sinceMs: 5, lastMs: 6, ordinal: 2 };
    const pending = [
      { ...target, ...at },
      { ...target, series: 'disk', ...at },
      { ...target, series: 'load', ...at },
    ];
    await savePending(sql, { pending, ended: [] });
    await savePending(sql, { pending: [], ended: [{ ...target, series: 'load' }] });
    const targets = (await readTargets(sql, 100)).map(({ series, phase, seq, sinceMs }) => ({
      series,
      phase,
      seq,
      sinceMs,
    }));
    expect(targets.sort((a, b) => a.series.localeCompare(b.series))).toEqual([
      { series: 'cpu', phase: 'pending', seq: 0, sinceMs: 5 },
      { series: 'disk', phase: 'firing', seq: 1, sinceMs: 1_700_000_001_000 },
      { series: 'load', phase: 'inactive', seq: 0, sinceMs: 5 },
    ]);
  });
});

test('readTargets() knows what is to be said of a target that has resolved and nobody was told so', async () => {
  await withDatabase(async ({ sql }) => {
    const end = { decision: 'downtime', message: 'web-1: cpu is 10', value: 10 } as const;
    await recordEvents(sql, [
      row({ severity: 'critical' }),
      row({ kind: 'escalated', step: 1 }),
      row({ seq: 2, ...end }),
    ]);
    expect(await readTargets(sql, 100)).toMatchObject([
      { ...target, phase: 'inactive', seq: 2, isTold: true, alertId: null, severity: 'critical', escalations: 1 },
    ]);
    expect(await readTargets(sql, 100)).toMatchObject([{ message: 'web-1: cpu is 10', value: 10 }]);
  });
});

test('readTargets() gives of the targets that say nothing those that moved last', async () => {
  await withDatabase(async ({ sql }) => {
    for (const [index, series] of ['old', 'told', 'new', 'firing'].entries()) {
      const decision = series === 'told' ? 'downtime' : 'told';
      await recordEvents(sql, [row({ series, key: series, tickMs: index })]);
      if (series !== 'firing')
        await recordEvents(sql, [row({ series, key: `${series} 2`, seq: 2, tickMs: index, decision })]);
    }
    expect((await readTargets(sql, 1)).map(({ series }) => series).sort()).toEqual(['firing', 'new', 'told']);
  });
});
