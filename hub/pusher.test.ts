import { describe, expect, test } from 'vitest';
import { absenceAt, wordsOf } from '#core/absence.ts';
import { HttpError } from './http.ts';
import type { AcceptedTick } from './intake/intake.ts';
import { parsePush } from './push-body.ts';
import type { PushedValue } from './pushed-host.ts';
import { Pusher } from './pusher.ts';
import { Registry } from './registry.ts';
import type { PushAnswer, PushRequest } from './store/push.ts';
import { hostIdentity } from './testing/host-identity.ts';
import { sha256 } from './testing/ticks.ts';

const startMs = 1_767_225_600_000;

class Harness {
  readonly registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 300_000 });
  readonly requests: PushRequest[] = [];
  readonly shown: { seq: number; ordinal: number; timeMs: number; keys: string[]; values: (number | string)[] }[] = [];
  stored: readonly PushedValue[] = [];
  isAway = false;
  answer: (request: PushRequest) => PushAnswer | Promise<PushAnswer> = (request) => ({
    kind: 'stored',
    host: hostIdentity(1, { name: request.hostName, kind: 'push' }),
    ordinal: this.requests.length,
    isRepeat: false,
  });
  readonly pusher = new Pusher({
    registry: this.registry,
    sha256,
    store: async (request) => {
      if (this.isAway) throw new Error('away');
      this.requests.push(request);
      return await this.answer(request);
    },
    readLatest: async () => {
      if (this.isAway) throw new Error('away');
      return this.stored;
    },
    show: (tick) => this.#show(tick),
    floorMs: () => this.floorMs,
  });
  floorMs = 0;
  #randoms = 0;

  async push(
    metrics: Record<string, unknown>,
    options: { readonly nowMs?: number; readonly key?: string; readonly hostname?: string } = {},
  ): Promise<void> {
    const { nowMs = startMs, key = '', hostname = 'web' } = options;
    const body = Buffer.from(JSON.stringify({ hostname, client_id: 'c', metrics }));
    const random = () => {
      this.#randoms += 1;
      return new Uint8Array(16).fill(this.#randoms);
    };
    await this.pusher.push(parsePush(body, nowMs), { body, idempotencyKey: key, random, nowMs });
  }

  async statusOf(work: Promise<void>): Promise<number> {
    return await work.then(
      () => 200,
      (error: unknown) => {
        if (error instanceof HttpError) return error.status;
        throw error;
      },
    );
  }

  #show(tick: AcceptedTick): void {
    const row = new Float64Array(tick.column.slice().buffer);
    const { seq, ordinal, timeMs, layout } = tick;
    const values = Array.from(row, (value, place) => absenceAt(wordsOf(row), place) ?? value);
    this.shown.push({ seq, ordinal, timeMs, keys: layout.series.map((series) => series.key), values });
    this.registry.push(tick.hostId, tick, 0);
  }
}

describe('push()', () => {
  test('shows a body after it is stored, by the union of the names of its host', async () => {
    const hub = new Harness();
    await hub.push({ a: 1 });
    await hub.push({
      b: { value: 2, timestamp: startMs / 1_000 - 2 },
      c: { value: 3, timestamp: startMs / 1_000 - 1 },
    });

    expect(hub.shown).toEqual([
      { seq: 1, ordinal: 1, timeMs: startMs, keys: ['a'], values: [1] },
      { seq: 1, ordinal: 2, timeMs: startMs - 2_000, keys: ['a', 'b', 'c'], values: ['notDue', 2, 'notDue'] },
      { seq: 2, ordinal: 2, timeMs: startMs - 1_000, keys: ['a', 'b', 'c'], values: ['notDue', 'notDue', 3] },
    ]);
    expect(hub.registry.byName('web')!.identity.kind).toBe('push');
  });

  test('names equal bodies and equal keys alike, bare numbers never', async () => {
    const hub = new Harness();
    const timed = { a: { value: 1, timestamp: startMs / 1_000 } };
    await hub.push(timed);
    await hub.push(timed);
    await hub.push({ a: 1 });
    await hub.push({ a: 1 });
    await hub.push({ a: 1 }, { key: 'k' });
    await hub.push({ a: 2 }, { key: 'k' });
    const [t1, t2, b1, b2, k1, k2] = hub.requests;

    expect([t1!.epoch === t2!.epoch, b1!.epoch === b2!.epoch, k1!.epoch === k2!.epoch]).toEqual([true, false, true]);
    expect(new Set(hub.requests.map((request) => request.epoch)).size).toBe(4);
    expect(hub.requests.map((request) => request.isRepeatable)).toEqual([true, true, false, false, true, true]);
  });

  test('shows a retry to nobody', async () => {
    const hub = new Harness();
    hub.answer = () => ({
      kind: 'stored',
      host: hostIdentity(1, { name: 'web', kind: 'push' }),
      ordinal: 1,
      isRepeat: true,
    });
    await hub.push({ a: 1 });

    expect(hub.shown).toEqual([]);
  });

  test('answers 409, 400 and 503 for what the store says', async () => {
    const hub = new Harness();
    const statuses: number[] = [];
    for (const answer of [{ kind: 'taken' }, { kind: 'unusable', why: 'x' }, { kind: 'refused', why: 'x' }] as const) {
      hub.answer = () => answer;
      statuses.push(await hub.statusOf(hub.push({ a: 1 })));
    }
    hub.isAway = true;
    statuses.push(await hub.statusOf(hub.push({ a: 1 })));
    hub.isAway = false;
    hub.registry.put(hostIdentity(9, { name: 'db' }));
    statuses.push(await hub.statusOf(hub.push({ a: 1 }, { hostname: 'db' })));

    expect(statuses).toEqual([409, 400, 503, 503, 409]);
    expect(hub.pusher.waitingBytes).toBe(0);
  });

  test('lets 8 MiB wait and refuses more, counting what a body becomes', async () => {
    const hub = new Harness();
    let release: (answer: PushAnswer) => void = () => {};
    hub.answer = () => new Promise((resolve) => (release = resolve));
    const spread = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`m${index}`, { value: index, timestamp: startMs / 1_000 - index }]),
    );
    const waiting = hub.push(spread);
    // 1,000 times × 1,000 names × 8 bytes are nearly all of it, however small the body was.
    expect(await hub.statusOf(hub.push(spread, { key: 'other' }))).toBe(503);
    release({ kind: 'stored', host: hostIdentity(1, { name: 'web', kind: 'push' }), ordinal: 1, isRepeat: false });
    await waiting;
    expect([hub.pusher.waitingBytes, hub.pusher.waitingCount]).toEqual([0, 0]);
  });

  test('does not bring back a host that was removed while its body was stored', async () => {
    const hub = new Harness();
    hub.answer = () => {
      hub.registry.bury(1);
      return { kind: 'stored', host: hostIdentity(1, { name: 'web', kind: 'push' }), ordinal: 1, isRepeat: false };
    };
    await hub.push({ a: 1 });

    expect([hub.registry.count, hub.shown]).toEqual([0, []]);
  });

  test('of a name that was freed starts with names of its own', async () => {
    const hub = new Harness();
    await hub.push({ old: 1 });
    hub.pusher.forget('web');
    await hub.push({ a: 1 });

    expect(hub.shown.at(-1)!.keys).toEqual(['a']);
  });

  test('takes nothing more while the hub stops', async () => {
    const hub = new Harness();
    hub.pusher.isStopping = true;

    expect(await hub.statusOf(hub.push({ a: 1 }))).toBe(503);
  });

  test('drops names from the layout that have not come for a day, and takes a body whose union is too large by itself', async () => {
    const hub = new Harness();
    await hub.push({ old: 1 });
    await hub.push({ a: 1 }, { nowMs: startMs + 86_400_001 });
    expect(hub.shown.at(-1)!.keys).toEqual(['a']);

    const names = Object.fromEntries(Array.from({ length: 3_999 }, (_, index) => [`n${index}`, 1]));
    await hub.push(names, { nowMs: startMs + 86_400_002 });
    const times = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`t${index}`, { value: 1, timestamp: startMs / 1_000 + index }]),
    );
    await hub.push(times, { nowMs: startMs + 86_400_003 });
    expect(hub.requests.at(-1)!.columnCount).toBe(500);
  });

  test('keeps a layout within its bytes', async () => {
    const hub = new Harness();
    const long = (part: string) =>
      Object.fromEntries(Array.from({ length: 1_300 }, (_, index) => [`${part}${'ü'.repeat(190)}${index}`, 1]));
    for (const part of ['a', 'b', 'c']) await hub.push(long(part));

    expect(hub.requests.map((request) => request.columnCount)).toEqual([1_300, 2_600, 1_300]);
  });
});

describe('latest()', () => {
  const latest = async (hub: Harness) => Object.fromEntries(await hub.pusher.latest('web'));

  test('is the newest value of each name by its own time, whatever came last', async () => {
    const hub = new Harness();
    await hub.push({
      a: { value: 1, timestamp: startMs / 1_000 },
      b: { value: 2, timestamp: startMs / 1_000 - 5_000 },
    });
    await hub.push({ a: { value: 9, timestamp: startMs / 1_000 - 60 } });
    await hub.push({ c: 3 }, { nowMs: startMs + 2 * 86_400_000 });

    expect(await latest(hub)).toEqual({ a: 1, b: 2, c: 3 });
  });

  test('starts with what was stored before, and asks again while the database is away', async () => {
    const hub = new Harness();
    hub.registry.put(hostIdentity(1, { name: 'web', kind: 'push', intervalMs: 60_000, lastMs: 5 }));
    hub.stored = [
      { key: 'a', timeMs: startMs - 1_000, value: 1 },
      { key: 'gone', timeMs: startMs - 10 * 86_400_000, value: 7 },
    ];
    hub.isAway = true;
    expect(await latest(hub)).toEqual({});
    hub.isAway = false;
    expect(await latest(hub)).toEqual({ a: 1, gone: 7 });

    await hub.push({ b: 2 });
    expect(await latest(hub)).toEqual({ a: 1, gone: 7, b: 2 });
    // Names of the last day are sampled, older ones only remembered.
    expect(hub.shown.at(-1)!.keys).toEqual(['a', 'b']);
  });

  test('shows no value of a body that could not be stored', async () => {
    const hub = new Harness();
    hub.answer = () => ({ kind: 'refused', why: 'x' });
    await hub.statusOf(hub.push({ a: 1 }));

    expect(await latest(hub)).toEqual({});
  });
});

test('push() takes nothing while the clock of the hub is behind the days that it has let go of', async () => {
  const harness = new Harness();
  harness.floorMs = startMs + 1;

  expect(await harness.statusOf(harness.push({ a: 1 }))).toBe(503);
  expect(await harness.statusOf(harness.push({ a: 1 }, { nowMs: startMs + 1 }))).toBe(200);
});

test('push() refuses a body with a timestamp of a day that is not kept any more', async () => {
  const harness = new Harness();
  harness.floorMs = startMs - 1_000;
  const at = (ms: number) => ({ value: 1, timestamp: (startMs + ms) / 1_000 });

  expect(await harness.statusOf(harness.push({ a: at(-1_000) }))).toBe(200);
  await expect(harness.push({ a: at(-1_001), b: at(0) })).rejects.toThrow(
    'timestamps lie within what is kept, from 1767225599 on: got 1767225598.999',
  );
  expect(harness.requests).toHaveLength(1);
});
