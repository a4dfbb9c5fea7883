import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { targetKeyOf } from '../../alerting/event-key.ts';
import { withDatabase } from '../../testing/database.ts';
import { addChannel, addNotice } from '../../testing/outbox-fixture.ts';
import { retryNotice } from './alerts.ts';
import { editChannel, removeChannel } from './channels.ts';
import {
  buryRows,
  type ClaimedRow,
  claimRows,
  type LeasedChannel,
  leaseChannel,
  leaseMs,
  outboxAgeMsMax,
  putBack,
  readNextDueMs,
  readOutboxUse,
  releaseChannel,
  settleFailed,
  settleSent,
} from './outbox.ts';

const bounds = { rowsMax: 1_000, groupsMax: 10 };
const note = { atMs: 1_700_000_000_000, tookMs: 12.4, answer: 'HTTP 500' };

async function lease(sql: postgres.Sql): Promise<LeasedChannel> {
  const channel = await leaseChannel(sql, []);
  expect(channel).not.toBeNull();
  return channel!;
}

/** As if the time of a lease had passed. */
async function expireLeases(sql: postgres.Sql): Promise<void> {
  await sql`update channel set leased_until = leased_until - make_interval(secs => ${leaseMs / 1_000})`;
  await sql`update outbox set leased_until = leased_until - make_interval(secs => ${leaseMs / 1_000})`;
}

/** The rows of each message. */
function messagesOf(rows: readonly ClaimedRow[]): string[][] {
  const messages = new Map<string, string[]>();
  for (const { messageKey, id } of rows) messages.set(messageKey, [...(messages.get(messageKey) ?? []), id]);
  return [...messages.values()];
}

const statesOf = async (sql: postgres.Sql) =>
  Object.fromEntries(
    (await sql<{ id: string; state: string }[]>`select id, state from outbox order by id`).map((row) => [
      row.id,
      row.state,
    ]),
  );

describe('leaseChannel()', () => {
  test('gives a channel with something due to one sender, until it is released', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql, { settings: { url: 'sealed:1:x' } });
      expect(await leaseChannel(sql, [])).toBeNull();
      await addNotice(sql, { channelId, series: 'later', dueInMs: 60_000 });
      expect(await leaseChannel(sql, [])).toBeNull();
      await addNotice(sql, { channelId });

      const channel = await lease(sql);
      expect(channel).toMatchObject({ id: channelId, name: 'ops', kind: 'webhook', isOpen: true });
      expect(channel.sealedSettings).toEqual({ url: 'sealed:1:x' });
      expect(await leaseChannel(sql, [])).toBeNull();
      await releaseChannel(sql, channel, 0);
      expect(await leaseChannel(sql, [channelId])).toBeNull();
      expect(await leaseChannel(sql, [])).toMatchObject({ id: channelId });
    }));

  test('is given again when its sender is gone, and a late release of that one changes nothing', () =>
    withDatabase(async ({ sql }) => {
      await addNotice(sql, { channelId: await addChannel(sql) });
      const first = await lease(sql);
      await expireLeases(sql);
      const second = await lease(sql);
      await releaseChannel(sql, first, 0);
      expect(await leaseChannel(sql, [])).toBeNull();
      await releaseChannel(sql, second, 30_000);
      expect(await leaseChannel(sql, [])).toBeNull();
    }));

  test('of many senders at once gives each channel to one', () =>
    withDatabase(async ({ sql }) => {
      for (const name of ['a', 'b', 'c'])
        await addNotice(sql, { channelId: await addChannel(sql, { name }), series: name });
      const leased = await Promise.all(Array.from({ length: 12 }, () => leaseChannel(sql, [])));
      const ids = leased.filter((channel) => channel !== null).map(({ id }) => id);
      // One that found the first channel locked has passed on to the next, or has found none.
      expect(ids).toHaveLength(new Set(ids).size);
      for (let more = await leaseChannel(sql, []); more !== null; more = await leaseChannel(sql, [])) ids.push(more.id);
      expect(ids.sort()).toEqual([1, 2, 3]);
    }));
});

describe('claimRows()', () => {
  test('makes one message of each group, with all that waits in it, and reads the events', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const other = await addChannel(sql, { name: 'other' });
      const a = await addNotice(sql, { channelId, groupKey: 'a', series: 'a' });
      const b = await addNotice(sql, { channelId, groupKey: 'b', series: 'b' });
      const waiting = await addNotice(sql, {
        channelId,
        groupKey: 'a',
        series: 'c',
        seq: 2,
        kind: 'resolved',
        dueInMs: 60_000,
      });
      const [elsewhere, later] = [
        await addNotice(sql, { channelId: other, groupKey: 'a', series: 'd', dueInMs: 60_000 }),
        await addNotice(sql, { channelId, groupKey: 'z', series: 'e', dueInMs: 60_000 }),
      ];
      const rows = await claimRows(sql, await lease(sql), bounds);

      expect(messagesOf(rows)).toEqual([[a, waiting], [b]]);
      expect(await statesOf(sql)).toEqual({
        [a]: 'sending',
        [b]: 'sending',
        [waiting]: 'sending',
        [elsewhere]: 'waiting',
        [later]: 'waiting',
      });
      const [{ id: hubId } = { id: '' }] = await sql<{ id: string }[]>`select encode(id, 'hex') as id from hub`;
      const event = {
        key: 'a.1.fired',
        targetKey: targetKeyOf(hubId, { ruleId: 1, hostId: 2, series: 'a' }),
        kind: 'fired',
        isFiring: true,
        alertId: 1,
        ruleName: 'Disk nearly full',
        hostName: 'web-1',
        series: 'a',
        severity: 'critical',
        cause: 'limits',
        condition: 'above 0.9',
        value: 0.97,
        unit: 'ratio',
        message: 'full',
        summary: '',
        atMs: 1_700_000_001_000,
        firedMs: 1_700_000_000_000,
        resolvedMs: null,
      };
      expect(rows[0]).toEqual({
        id: a,
        groupKey: 'a',
        messageKey: expect.stringMatching(/^[0-9a-f]{64}$/),
        attempts: 0,
        isRepeated: false,
        event,
      });
      expect(rows.find(({ id }) => id === waiting)!.event).toMatchObject({
        kind: 'resolved',
        isFiring: false,
        resolvedMs: 1_700_000_060_000,
      });
    }));

  test('makes one message of many groups', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      for (let group = 0; group < 11; group += 1)
        await addNotice(sql, { channelId, groupKey: `g${group}`, series: `${group}` });
      const rows = await claimRows(sql, await lease(sql), bounds);
      expect(messagesOf(rows)).toHaveLength(1);
      expect(rows).toHaveLength(11);
    }));

  test('leaves what is beyond its bound for the next time, the oldest first', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.push(await addNotice(sql, { channelId, series: `${n}` }));
      const channel = await lease(sql);
      const rows = await claimRows(sql, channel, { rowsMax: 3, groupsMax: Number.MAX_SAFE_INTEGER });
      expect(messagesOf(rows)).toEqual([ids.slice(0, 3)]);
      await settleSent(sql, { channelId, messageKey: rows[0]!.messageKey, note, intervalMs: 0 });
      await releaseChannel(sql, channel, 0);
      expect(messagesOf(await claimRows(sql, await lease(sql), bounds))).toEqual([ids.slice(3)]);
    }));

  test('repeats the message of a sender that is gone as it was, and puts what came since into another', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const ids = [await addNotice(sql, { channelId, series: 'a' }), await addNotice(sql, { channelId, series: 'b' })];
      const first = await claimRows(sql, await lease(sql), bounds);
      const since = await addNotice(sql, { channelId, series: 'c' });
      // The rows are still in the hands of the first.
      await sql`update channel set leased_until = '-infinity'`;
      const early = await lease(sql);
      expect(messagesOf(await claimRows(sql, early, bounds))).toEqual([[since]]);
      await putBack(sql, early, []);
      await expireLeases(sql);

      const second = await claimRows(sql, await lease(sql), bounds);
      expect(messagesOf(second)).toEqual([ids, [since]]);
      expect(second.map(({ isRepeated }) => isRepeated)).toEqual([true, true, false]);
      expect(second[0]!.messageKey).toBe(first[0]!.messageKey);
      expect(second[2]!.messageKey).not.toBe(first[0]!.messageKey);
    }));
});

describe('settleSent()', () => {
  test('ends the rows, notes the group, and keeps what came meanwhile at its distance', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const sent = await addNotice(sql, { channelId });
      const channel = await lease(sql);
      const [row] = await claimRows(sql, channel, bounds);
      const meanwhile = await addNotice(sql, { channelId, series: 'b' });
      const elsewhere = await addNotice(sql, { channelId, series: 'c', groupKey: 'other' });
      await settleSent(sql, { channelId, messageKey: row!.messageKey, note, intervalMs: 60_000 });

      expect(await statesOf(sql)).toEqual({ [sent]: 'sent', [meanwhile]: 'waiting', [elsewhere]: 'waiting' });
      expect(
        await sql`select attempts, tries, leased_until, sent_at is not null as sent from outbox where id = ${sent}`,
      ).toEqual([
        {
          attempts: 1,
          tries: [{ at: '2023-11-14T22:13:20.000Z', took_ms: 12, answer: 'HTTP 500' }],
          leased_until: null,
          sent: true,
        },
      ]);
      expect(await sql`select channel, group_key, sent_at <= now() as sent from outbox_group`).toEqual([
        { channel: channelId, group_key: 'rule:1', sent: true },
      ]);
      expect(
        await sql`select id, due_at > now() + interval '55 s' as late from outbox where state = 'waiting' order by id`,
      ).toEqual([
        { id: meanwhile, late: true },
        { id: elsewhere, late: false },
      ]);
    }));

  test('counts although the lease had expired and somebody else has the rows', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      await addNotice(sql, { channelId });
      const [row] = await claimRows(sql, await lease(sql), bounds);
      await expireLeases(sql);
      await claimRows(sql, await lease(sql), bounds);
      await settleSent(sql, { channelId, messageKey: row!.messageKey, note, intervalMs: 0 });
      expect(await statesOf(sql)).toEqual({ [row!.id]: 'sent' });
    }));
});

describe('settleFailed()', () => {
  const fail = (sql: postgres.Sql, channel: LeasedChannel, row: ClaimedRow, mayHaveArrived = false) =>
    settleFailed(sql, {
      channelId: channel.id,
      messageKey: row.messageKey,
      lease: channel.lease,
      note,
      waitMs: 5_000,
      mayHaveArrived,
    });

  test.each([
    [true, 'stays as it is when it may have arrived'],
    [false, 'is put together anew when it has not'],
  ])('lets the message wait; may have arrived %s: it %s', (mayHaveArrived) =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const id = await addNotice(sql, { channelId });
      const channel = await lease(sql);
      const [row] = await claimRows(sql, channel, bounds);
      expect(await fail(sql, channel, row!, mayHaveArrived)).toBe(0);
      await releaseChannel(sql, channel, 0);

      expect(await sql`select state, attempts, due_at > now() + interval '4 s' as late from outbox`).toEqual([
        { state: 'waiting', attempts: 1, late: true },
      ]);
      expect(await leaseChannel(sql, [])).toBeNull();
      const since = await addNotice(sql, { channelId, series: 'b' });
      const rows = await claimRows(sql, await lease(sql), bounds);
      expect(messagesOf(rows)).toEqual(mayHaveArrived ? [[id], [since]] : [[id, since]]);
      expect(rows[0]!.messageKey === row!.messageKey).toBe(mayHaveArrived);
      expect(rows[0]!.attempts).toBe(1);
    }),
  );

  test('gives a notice up after a day, and can be told to try it again', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const old = await addNotice(sql, { channelId, ageMs: outboxAgeMsMax + 1_000 });
      const young = await addNotice(sql, { channelId, series: 'b', ageMs: outboxAgeMsMax - 60_000 });
      const channel = await lease(sql);
      const [row] = await claimRows(sql, channel, bounds);
      expect(await fail(sql, channel, row!)).toBe(1);
      expect(await statesOf(sql)).toEqual({ [old]: 'dead', [young]: 'waiting' });
      expect(await readOutboxUse(sql)).toMatchObject({ waitingCount: 1, deadCount: 1 });

      expect(await retryNotice(sql, Number(young))).toBe('notDead');
      expect(await retryNotice(sql, Number(old))).toBe('waiting');
      expect(await retryNotice(sql, Number(old))).toBe('notDead');
      await releaseChannel(sql, channel, 0);
      expect(await claimRows(sql, await lease(sql), bounds)).toHaveLength(2);
    }));

  test('keeps the newest ten tries', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const id = await addNotice(sql, { channelId });
      for (let attempt = 0; attempt < 12; attempt += 1) {
        await sql`update outbox set due_at = now()`;
        const channel = await lease(sql);
        const [row] = await claimRows(sql, channel, bounds);
        await settleFailed(sql, {
          channelId,
          messageKey: row!.messageKey,
          lease: channel.lease,
          note: { ...note, answer: `HTTP ${500 + attempt}` },
          waitMs: 0,
          mayHaveArrived: false,
        });
        await releaseChannel(sql, channel, 0);
      }
      const [row] = await sql<
        { attempts: number; tries: { answer: string }[] }[]
      >`select attempts, tries from outbox where id = ${id}`;
      expect(row!.attempts).toBe(12);
      expect(row!.tries.map(({ answer }) => answer)).toEqual(Array.from({ length: 10 }, (_, n) => `HTTP ${502 + n}`));
    }));

  test('does not take rows out of the hands of the next sender', () =>
    withDatabase(async ({ sql }) => {
      const channelId = await addChannel(sql);
      const id = await addNotice(sql, { channelId });
      const slow = await lease(sql);
      const [row] = await claimRows(sql, slow, bounds);
      await expireLeases(sql);
      await claimRows(sql, await lease(sql), bounds);
      await fail(sql, slow, row!);
      await putBack(sql, slow, []);
      expect(await statesOf(sql)).toEqual({ [id]: 'sending' });
    }));
});

test('putBack() undoes a claim, and keeps the messages that had been tried', () =>
  withDatabase(async ({ sql }) => {
    const channelId = await addChannel(sql);
    const tried = await addNotice(sql, { channelId, series: 'a' });
    const [before] = await claimRows(sql, await lease(sql), bounds);
    await expireLeases(sql);
    const fresh = await addNotice(sql, { channelId, series: 'b' });
    const channel = await lease(sql);
    const rows = await claimRows(sql, channel, bounds);
    await putBack(
      sql,
      channel,
      rows.filter(({ isRepeated }) => isRepeated).map(({ messageKey }) => messageKey),
    );

    expect(await sql`select id, state, message from outbox order by id`).toEqual([
      { id: tried, state: 'waiting', message: before!.messageKey },
      { id: fresh, state: 'waiting', message: null },
    ]);
  }));

test('buryRows() gives up what waits for a channel that is closed', () =>
  withDatabase(async ({ sql }) => {
    const channelId = await addChannel(sql);
    const [id, later] = [
      await addNotice(sql, { channelId }),
      await addNotice(sql, { channelId, series: 'b', dueInMs: 60_000 }),
    ];
    await sql`update channel set is_enabled = false`;
    const channel = await lease(sql);
    expect(channel.isOpen).toBe(false);
    expect(await buryRows(sql, channelId, { ...note, answer: 'the channel is disabled' })).toBe(2);
    expect(await statesOf(sql)).toEqual({ [id]: 'dead', [later]: 'dead' });
  }));

test('readNextDueMs() is when the next notice may go out, whatever holds it up', () =>
  withDatabase(async ({ sql }) => {
    const about = (ms: number) => expect.closeTo(ms, -3.3);
    const channelId = await addChannel(sql);
    expect(await readNextDueMs(sql)).toBeNull();
    await addNotice(sql, { channelId, dueInMs: 30_000 });
    expect(await readNextDueMs(sql)).toEqual(about(30_000));
    await addNotice(sql, { channelId, series: 'b' });
    expect(await readNextDueMs(sql)).toBeLessThanOrEqual(0);
    const channel = await lease(sql);
    await claimRows(sql, channel, bounds);
    expect(await readNextDueMs(sql)).toEqual(about(leaseMs));
    await releaseChannel(sql, channel, 600_000);
    expect(await readNextDueMs(sql)).toEqual(about(600_000));
  }));

test('many senders at once send every notice once', () =>
  withDatabase(async ({ sql }) => {
    const channels = await Promise.all(['a', 'b', 'c'].map((name) => addChannel(sql, { name })));
    const sent: string[] = [];
    let written = 0;
    const write = async () => {
      for (let n = 0; n < 30; n += 1) {
        for (const channelId of channels) await addNotice(sql, { channelId, groupKey: `g${n % 4}`, series: `${n}` });
        written += channels.length;
      }
    };
    const send = async (seed: number) => {
      for (let idle = 0; idle < 20; ) {
        const channel = await leaseChannel(sql, []);
        if (channel === null) {
          idle += written === 90 ? 1 : 0;
          continue;
        }
        const rows = await claimRows(sql, channel, { rowsMax: 7, groupsMax: 2 });
        for (const messageKey of new Set(rows.map((row) => row.messageKey))) {
          const of = { channelId: channel.id, messageKey };
          seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
          if (seed % 4 === 0)
            await settleFailed(sql, { ...of, lease: channel.lease, note, waitMs: 0, mayHaveArrived: seed % 8 === 0 });
          else {
            sent.push(...rows.filter((row) => row.messageKey === messageKey).map(({ id }) => id));
            await settleSent(sql, { ...of, note, intervalMs: 0 });
          }
        }
        await releaseChannel(sql, channel, 0);
      }
    };
    await Promise.all([write(), send(1), send(2), send(3)]);

    expect(new Set(sent).size).toBe(90);
    expect(sent).toHaveLength(90);
    expect(await sql`select state, count(*)::int as count from outbox group by 1`).toEqual([
      { state: 'sent', count: 90 },
    ]);
  }));

describe('a channel that is left alone because it has failed', () => {
  /** One notice has failed, one waits to keep its distance, and the channel is left alone for a while. */
  async function failed(sql: postgres.Sql): Promise<number> {
    const id = await addChannel(sql);
    await addNotice(sql, { channelId: id });
    await addNotice(sql, { channelId: id, groupKey: 'rule:2', series: 'b', dueInMs: 50_000 });
    const channel = await lease(sql);
    const [row] = await claimRows(sql, channel, bounds);
    const { messageKey } = row!;
    await settleFailed(sql, {
      channelId: id,
      messageKey,
      lease: channel.lease,
      note,
      waitMs: 900_000,
      mayHaveArrived: false,
    });
    await releaseChannel(sql, channel, 900_000);
    expect(await leaseChannel(sql, [])).toBeNull();
    return id;
  }

  test('is tried again at once when it is changed; what keeps its distance keeps it', () =>
    withDatabase(async ({ sql }) => {
      const id = await failed(sql);
      const draft = { name: 'ops', kind: 'webhook' as const, sealedSettings: { url: 'mended' }, isEnabled: true };
      await editChannel(sql, { id, version: 1, nameBefore: 'ops', draft });

      const channel = await lease(sql);
      expect(channel).toMatchObject({ sealedSettings: { url: 'mended' } });
      expect(await claimRows(sql, channel, bounds)).toMatchObject([{ groupKey: 'rule:1' }]);
    }));

  test('is there to be buried at once when it is removed', () =>
    withDatabase(async ({ sql }) => {
      await removeChannel(sql, await failed(sql));

      expect(await lease(sql)).toMatchObject({ isOpen: false });
      expect(await readNextDueMs(sql)).toBeLessThanOrEqual(60_000);
    }));
});
