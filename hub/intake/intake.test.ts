import { describe, expect, test } from 'vitest';
import type { Layout } from '#core/series.ts';
import type { Flight, FlightAnswer, RefusedBatch } from './flight.ts';
import type { StreamEntry } from './host-intake.ts';
import { Intake } from './intake.ts';

const layout: Layout = {
  id: '0'.repeat(16),
  intervalMs: 1_000,
  series: [{ key: 'a', unit: '', kind: 'gauge', every: 1 }],
};
/** A tick of one value: its time and the value. */
const tickBytes = 16;
const batchAgeMs = 10_000;

/** An intake with one stream (id 10, lease 1) of host 1; what its link is told is kept as short texts. */
class Rig {
  readonly flights: Flight[] = [];
  readonly told: string[] = [];
  readonly intake: Intake;
  readonly entry: StreamEntry;

  constructor(queuedBytesMax = 1_000_000) {
    this.intake = new Intake(
      { flush: (flight) => this.flights.push(flight), onTick: () => undefined },
      { batchAgeMs, flushDelayMs: 0, queuedBytesMax },
    );
    this.intake.linked(1, {
      acknowledged: (entry) => this.told.push(`ack ${entry.stream.storedSeq}`),
      refused: (_, seq) => this.told.push(`refused ${seq}`),
      forgotten: (entry) => this.told.push(`forgotten ${entry.stream.acceptedSeq + 1}`),
      creditChanged: (bytes) => this.told.push(bytes === 0 ? 'no credit' : 'credit'),
      gone: () => this.told.push('gone'),
      replaced: () => this.told.push('replaced'),
    });
    this.entry = this.open(1)!;
  }

  open(lease: number, storedSeq = 0): StreamEntry | undefined {
    const shape = { id: 10, epoch: 'e', ordinal: 1, storedSeq, storedCrc: null, gapTicks: 0, shiftMs: 0, lease };
    return this.intake.opened(1, [shape])[0];
  }

  /** Accepts ticks up to `lastSeq`. */
  take(lastSeq: number, nowMs = 0): this {
    for (let seq = this.entry.stream.acceptedSeq + 1; seq <= lastSeq; seq += 1) {
      this.entry.stream.accept(seq);
      this.intake.addTick(this.entry, { seq, timeMs: seq, layout, column: new Uint8Array(8) }, nowMs);
    }
    return this;
  }

  /** Seals everything and hands it over. */
  flush(): this {
    this.intake.sealAll(0);
    this.intake.poll(0);
    return this;
  }

  answer(storedSeq: number, rest: { readonly lease?: number; readonly refused?: readonly RefusedBatch[] } = {}): this {
    const { lease = 1, refused = [] } = rest;
    const outcome = { kind: 'stored' as const, streamId: 10, lease, storedSeq, storedCrc: 1, gapTicks: 0 };
    return this.settle({ flightId: this.flights.shift()!.flightId, outcomes: [outcome], refused });
  }

  settle(answer: FlightAnswer): this {
    this.intake.settled(answer, 0);
    return this;
  }
}

describe('Intake', () => {
  test('a batch is sealed by its age and flies', () => {
    const rig = new Rig().take(3, 100);
    rig.intake.poll(99 + batchAgeMs);
    expect(rig.flights).toEqual([]);
    rig.intake.poll(100 + batchAgeMs);
    expect(rig.flights[0]).toMatchObject({ layouts: [{ id: layout.id }], batches: [{ firstSeq: 1, lastSeq: 3 }] });
  });

  test('an ack is sent after the answer and not before', () => {
    const rig = new Rig().take(3).flush();
    expect(rig.told).toEqual([]);
    rig.answer(3);
    expect([rig.told, rig.intake.isIdle, rig.intake.queuedBytes]).toEqual([['ack 3'], true, 0]);
  });

  test('two flights at most are under way', () => {
    const rig = new Rig();
    for (let last = 1; last <= 3; last += 1) rig.take(last).flush();
    expect(rig.flights.length).toBe(2);
    rig.answer(1);
    expect(rig.flights.map(({ batches }) => batches[0]?.firstSeq)).toEqual([2, 3]);
  });

  test('a hole below a batch makes the link send again', () => {
    const rig = new Rig().take(3).flush().answer(0);
    expect([rig.told, rig.entry.stream.acceptedSeq]).toEqual([['forgotten 1'], 0]);
  });

  test('less than was stored before is a restored database', () => {
    const rig = new Rig().take(3).flush().answer(3).take(5).flush().take(6).answer(1);
    expect(rig.told).toEqual(['ack 3', 'forgotten 2']);
    expect([rig.entry.stream.acceptedSeq, rig.entry.open.isEmpty]).toEqual([1, true]);
  });

  test('a refused tick is named, and what lay behind it forgotten', () => {
    const refused = [{ streamId: 10, lease: 1, seq: 3, why: '' }];
    const rig = new Rig().take(5).flush().take(6).answer(2, { refused });
    expect([rig.told, rig.entry.stream.acceptedSeq]).toEqual([['ack 2', 'refused 3'], 2]);
  });

  test('a flight in which all was refused needs no outcome', () => {
    const rig = new Rig().take(2).flush();
    rig.settle({ flightId: 1, outcomes: [], refused: [{ streamId: 10, lease: 1, seq: 1, why: '' }] });
    expect([rig.told, rig.entry.stream.acceptedSeq]).toEqual([['refused 1'], 0]);
  });

  test('a removed host is told so and forgotten', () => {
    const rig = new Rig().take(2).flush().take(3);
    rig.settle({ flightId: 1, outcomes: [{ kind: 'gone', streamId: 10 }], refused: [] });
    expect([rig.told, rig.intake.isIdle, rig.intake.linkCount]).toEqual([['gone'], true, 0]);
  });

  test('the answer to an earlier lease changes nothing', () => {
    const rig = new Rig().take(3).flush().take(5);
    rig.open(2, 1);
    rig.answer(3);
    expect([rig.told, rig.entry.stream.storedSeq, rig.entry.stream.acceptedSeq]).toEqual([[], 1, 1]);
  });

  test('another lease in the database means that another link has taken over', () => {
    const rig = new Rig().take(3).flush().answer(9, { lease: 2 });
    expect([rig.told, rig.entry.stream.storedSeq]).toEqual([['replaced'], 0]);
  });

  test('the second link of a host ends the first', () => {
    const rig = new Rig();
    const silent = () => undefined;
    rig.intake.linked(1, {
      acknowledged: silent,
      refused: silent,
      forgotten: silent,
      creditChanged: silent,
      gone: silent,
      replaced: silent,
    });
    expect([rig.told, rig.intake.linkCount]).toEqual([['replaced'], 1]);
  });

  test('links are told when many others share the bound, so that all credit together stays within it', () => {
    const queuedBytesMax = 64 * 1024 * 1024;
    const { intake } = new Rig(queuedBytesMax);
    const credits = new Map<number, number>();
    const silent = () => undefined;
    const link = (hostId: number) => {
      const own = { acknowledged: silent, refused: silent, forgotten: silent, gone: silent, replaced: silent };
      intake.linked(hostId, { ...own, creditChanged: (bytes) => credits.set(hostId, bytes) });
      credits.set(hostId, intake.creditBytes);
    };
    for (let hostId = 2; hostId <= 100; hostId += 1) link(hostId);

    const total = [...credits.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect([total <= queuedBytesMax, total > queuedBytesMax / 2]).toEqual([true, true]);
  });

  test('at the bound everything flies at once if nothing is under way', () => {
    const rig = new Rig(4 * tickBytes).take(5);
    expect([rig.told, rig.flights.length]).toEqual([[], 1]);
  });

  test('at the bound all that is not in flight is forgotten, until the database answers', () => {
    const rig = new Rig(400).take(2).flush().take(18);
    expect(rig.told).toEqual(['no credit', 'forgotten 1']);
    expect([rig.entry.stream.acceptedSeq, rig.intake.creditBytes, rig.intake.queuedBytes <= 400]).toEqual([0, 0, true]);
    rig.answer(2);
    expect([rig.told.slice(2), rig.intake.creditBytes > 0]).toEqual([['ack 2', 'credit'], true]);
  });

  test('gaps count against the bound', () => {
    const rig = new Rig(2_000).take(1).flush();
    for (let seq = 2; seq <= 40 && rig.told.length === 0; seq += 1) {
      rig.entry.stream.accept(seq);
      const gap = { firstSeq: seq, lastSeq: seq, reason: 'damaged' as const, fromMs: 1, toMs: 1 };
      rig.intake.addGap(rig.entry, gap, 0);
    }
    expect(rig.told).toEqual(['no credit', 'forgotten 1']);
  });

  test('a layout is named once to the storage thread', () => {
    const rig = new Rig().take(1).flush().take(2).flush();
    expect(rig.flights.map(({ layouts }) => layouts.length)).toEqual([1, 0]);
  });

  test('a layout goes again once the database has less than it had', () => {
    const rig = new Rig().take(3).flush().answer(3).take(5).flush().answer(1).take(2).flush();
    expect(rig.flights.map(({ layouts }) => layouts.map(({ id }) => id))).toEqual([[layout.id]]);
  });

  test('a layout goes again with what was sealed before its loss was seen', () => {
    const rig = new Rig().take(3).flush().answer(3);
    for (let last = 4; last <= 6; last += 1) rig.take(last).flush();
    rig.answer(1);
    expect(rig.flights.map(({ layouts }) => layouts.length)).toEqual([0, 1]);
  });

  test.each([
    ['another lease', (rig: Rig) => rig.answer(3, { lease: 2 })],
    [
      'a host that is gone',
      (rig: Rig) => rig.settle({ flightId: 1, outcomes: [{ kind: 'gone', streamId: 10 }], refused: [] }),
    ],
    ['a stream that is opened with less', (rig: Rig) => rig.answer(3)],
  ])('a layout goes again after %s', (_name, lose) => {
    const rig = new Rig().take(3).flush();
    lose(rig);
    rig.flights.length = 0;
    const entry = rig.open(3, 1)!;
    entry.stream.accept(2);
    rig.intake.addTick(entry, { seq: 2, timeMs: 2, layout, column: new Uint8Array(8) }, 0);
    rig.flush();
    expect(rig.flights.map(({ layouts }) => layouts.length)).toEqual([1]);
  });

  test('a layout that was given up with its batches goes with the next one', () => {
    const rig = new Rig(400);
    const other: Layout = { ...layout, id: '1'.repeat(16) };
    rig.take(1).flush();
    rig.entry.stream.accept(2);
    rig.intake.addTick(rig.entry, { seq: 2, timeMs: 2, layout: other, column: new Uint8Array(8) }, 0);
    for (let last = 3; rig.told.length === 0; last += 1) rig.take(last);
    rig.answer(1);
    rig.entry.stream.accept(2);
    rig.intake.addTick(rig.entry, { seq: 2, timeMs: 2, layout: other, column: new Uint8Array(8) }, 0);
    rig.flush();
    expect(rig.flights.at(-1)?.layouts.map(({ id }) => id)).toEqual([other.id]);
  });
});
