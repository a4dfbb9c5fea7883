/**
 * A connection of an agent: hello, and whatever may follow it, to a hub whose database answers at once.
 *
 * Input: messages one after the other, each behind its length in two bytes. However they follow each other, the hub takes
 * them or throws ProtocolError, which costs the connection; what it says meanwhile is what an agent can decode; what it
 * hands over to be stored follows on what is stored, without a hole, in a layout that is known, and lies in the buffer; and
 * what waits for the database stays within its bound.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { decodeFromAgent, decodeToAgent, encodeMessage } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import type { ToAgent } from '#core/message.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { AgentSession } from '../../hub/intake/agent-session.ts';
import type { OfferedStream } from '../../hub/intake/clock-shift.ts';
import type { Batch, Flight, StreamOutcome } from '../../hub/intake/flight.ts';
import { Intake } from '../../hub/intake/intake.ts';
import { sha256 } from '../../hub/testing/ticks.ts';
import { partsOf } from '../parts.ts';

const nowMs = 1_700_000_000_000;
const hostId = 1;
const queuedBytesMax = 1_000_000;

export function fuzz(input: Buffer): void {
  const hub = new Hub();
  try {
    for (const bytes of partsOf(input)) hub.received(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  hub.end();
}

class Hub {
  readonly #ordinals = new Map<string, number>();
  /** By the key of the stream, which is its ordinal here. */
  readonly #stored = new Map<number, { seq: number; gapTicks: number }>();
  readonly #layoutIds = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #intake = new Intake(
    {
      flush: (flight) => {
        const outcomes = this.#store(flight);
        this.#later(() => this.#intake.settled({ flightId: flight.flightId, outcomes, refused: [] }, nowMs));
      },
      onTick: () => undefined,
    },
    { batchAgeMs: 1_000, flushDelayMs: 0, queuedBytesMax },
  );
  readonly #session = new AgentSession(
    { kind: 'enrolment', enrolmentId: null },
    {
      ports: {
        send: checkSent,
        close: () => this.#session.closed(),
        admit: (_, offered) => {
          const streams = this.#open(offered);
          this.#later(() => this.#session.admitted({ hostId, hostName: 'h', token: null, streams }, nowMs));
        },
        openStreams: (_, offered) => {
          const streams = this.#open(offered);
          this.#later(() => this.#session.streamsOpened(streams, nowMs));
        },
        readChecksums: ({ stream }, { firstSeq, count }) =>
          this.#later(() => this.#session.checksumsRead(stream.ordinal, firstSeq, new Uint8Array(count * 4))),
        onTop: () => undefined,
        onScriptReports: () => undefined,
        onSettingsReport: () => undefined,
        onBye: () => undefined,
        onIdentityKept: () => undefined,
      },
      intake: this.#intake,
      identity: { hubId: 'f'.repeat(32), hubVersion: '1', seriesMax: 64 },
      sha256,
    },
  );

  received(bytes: Uint8Array): void {
    this.#session.received(decodeFromAgent(bytes), nowMs);
    this.#intake.poll(nowMs);
    for (const answer of this.#waiting.splice(0)) answer();
    // One more item than the bound is taken before the rest is forgotten, and none is larger than the input.
    ok(this.#intake.queuedBytes <= queuedBytesMax * 2, 'what waits for the database is bounded');
  }

  end(): void {
    this.#session.closed();
    this.#intake.sealAll(nowMs);
    this.#intake.poll(nowMs);
    while (this.#waiting.length > 0) for (const answer of this.#waiting.splice(0)) answer();
    ok(this.#intake.isIdle, 'what was accepted is stored in the end');
  }

  #store({ batches, layouts, buffer }: Flight): StreamOutcome[] {
    for (const { id } of layouts) this.#layoutIds.add(id);
    const named = new Set<number>();
    for (const batch of batches) {
      const stored = this.#stored.get(batch.streamId)!;
      strictEqual(batch.firstSeq, stored.seq + 1, 'a batch follows on what is stored');
      ok(batch.lastSeq >= batch.firstSeq, 'a batch does not end before it starts');
      if (batch.kind === 'gap') stored.gapTicks += batch.lastSeq - batch.firstSeq + 1;
      else ok(this.#layoutIds.has(batch.layoutId), 'the layout of a batch is known');
      ok(endOf(batch) <= buffer.byteLength, 'a batch lies in the buffer');
      stored.seq = batch.lastSeq;
      named.add(batch.streamId);
    }
    return [...named].map((streamId) => {
      const { seq: storedSeq, gapTicks } = this.#stored.get(streamId)!;
      return { kind: 'stored', streamId, lease: 1, storedSeq, storedCrc: 0, gapTicks };
    });
  }

  #later(answer: () => void): void {
    this.#waiting.push(answer);
  }

  /** As the database would: a stream that it has already is the same one again. */
  #open(offered: readonly OfferedStream[]): HubStreamShape[] {
    return offered.map(({ offer: { epoch }, shiftMs }) => {
      const ordinal = this.#ordinals.get(epoch) ?? this.#ordinals.size + 1;
      this.#ordinals.set(epoch, ordinal);
      const stored = this.#stored.get(ordinal) ?? { seq: 0, gapTicks: 0 };
      this.#stored.set(ordinal, stored);
      const { seq: storedSeq, gapTicks } = stored;
      const storedCrc = storedSeq === 0 ? null : 0;
      return { id: ordinal, epoch, ordinal, storedSeq, storedCrc, gapTicks, shiftMs, lease: 1 };
    });
  }
}

/** Where the content ends in the buffer; what is stored of it is all that its seqs say. */
function endOf(batch: Batch): number {
  switch (batch.kind) {
    case 'gap':
      return 0;
    case 'ticks':
      strictEqual(batch.tickCount, batch.lastSeq - batch.firstSeq + 1);
      return batch.byteOffset + batch.tickCount * (batch.columnCount + 1) * 8;
    case 'replay':
      strictEqual(batch.tickCount - batch.skipTicks, batch.lastSeq - batch.firstSeq + 1);
      return batch.byteOffset + batch.byteLength;
  }
}

function checkSent(message: ToAgent): void {
  deepStrictEqual(decodeToAgent(encodeMessage(message)), message);
}
