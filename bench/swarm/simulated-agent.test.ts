import { describe, expect, test } from 'vitest';
import { decodeFromAgent, encodeMessage } from '#core/codec.ts';
import type { FromAgent, ToAgent } from '#core/message.ts';
import { createDataset } from '../dataset.ts';
import { ReplayEncoder } from './replay-encoder.ts';
import { createCounters, SimulatedAgent } from './simulated-agent.ts';
import { createSwarmLayout, seededId } from './swarm.ts';

const dataset = createDataset({ hostCount: 1, metricCount: 5, tickCount: 8 });
const layout = createSwarmLayout(dataset.keys, { intervalMs: 1_000 });
const itemBytes = 5 * 8 + 32;
const epoch = seededId('epoch');

interface Stage {
  readonly agent: SimulatedAgent;
  readonly faults: string[];
  /** Everything that was sent since the last call. */
  readonly sent: () => FromAgent[];
  readonly tell: (message: ToAgent) => void;
}

function stage(replays: boolean, replayTicks: number | null = null): Stage {
  const faults: string[] = [];
  let sent: FromAgent[] = [];
  const agent = new SimulatedAgent(
    { index: 0, agentId: seededId('a'), bootId: seededId('b'), epoch, hostName: 'one', firstMs: 1_000_000 },
    {
      dataset,
      layout,
      counters: createCounters(),
      replays: replays ? new ReplayEncoder() : null,
      replayTicks,
      onOpen: () => undefined,
      onAcked: () => undefined,
      onFault: (_, what) => faults.push(what),
    },
  );
  const socket = {
    bufferedBytes: 0,
    sendFrames: (frames: Uint8Array) => {
      for (const payload of payloadsOf(frames)) sent.push(decodeFromAgent(payload));
    },
    destroy: () => undefined,
  };
  agent.opened(socket, 2_000_000);
  return {
    agent,
    faults,
    sent: () => {
      const messages = sent;
      sent = [];
      return messages;
    },
    tell: (message) => agent.received(encodeMessage(message)),
  };
}

/** Payloads of masked frames whose mask is zero. */
function payloadsOf(frames: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < frames.byteLength; ) {
    const short = frames[at + 1]! & 127;
    const width = short === 126 ? 2 : 0;
    const bytes = width === 0 ? short : (frames[at + 2]! << 8) | frames[at + 3]!;
    const from = at + 2 + width + 4;
    payloads.push(frames.subarray(from, from + bytes));
    at = from + bytes;
  }
  return payloads;
}

function welcome(storedSeq: number, creditTicks: number): ToAgent {
  return {
    kind: 'welcome',
    hubId: seededId('hub'),
    hubVersion: '1',
    hostName: 'one',
    token: 'secret',
    creditBytes: creditTicks * itemBytes,
    seriesMax: 4_000,
    nowMs: 0,
    streams: [{ epoch, ordinal: 1, storedSeq, storedCrc: null, gapTicks: 0 }],
  };
}

const seqsOf = (messages: readonly FromAgent[]) =>
  messages.flatMap((message) => (message.kind === 'frame' || message.kind === 'live' ? [message.seq] : []));
const kindsOf = (messages: readonly FromAgent[]) => messages.map((message) => message.kind);

describe('SimulatedAgent', () => {
  test('offers one stream and sends its layout first', () => {
    const { sent, tell } = stage(false);
    tell(welcome(0, 10));

    const [hello, layoutMessage] = sent();
    expect(hello).toMatchObject({ kind: 'hello', streams: [{ epoch, oldest: 1, next: 1, acked: 0 }] });
    expect(layoutMessage).toMatchObject({ kind: 'layout', layoutId: layout.id });
  });

  test('floods as far as the credit goes and on with each ack', () => {
    const { agent, sent, tell } = stage(false);
    tell(welcome(0, 3));
    sent();
    agent.flood();
    expect(seqsOf(sent())).toEqual([1, 2, 3]);

    tell({ kind: 'ack', ordinal: 1, storedSeq: 2, gapTicks: 0 });
    expect(seqsOf(sent())).toEqual([4, 5]);
  });

  test('gives layout and time with the first frame only', () => {
    const { agent, sent, tell } = stage(false);
    tell(welcome(0, 2));
    agent.flood();

    const frames = sent().filter((message) => message.kind === 'frame');
    expect(frames.map(({ layoutId, timeMs }) => ({ layoutId, timeMs }))).toEqual([
      { layoutId: layout.id, timeMs: 1_000_000 },
      { layoutId: null, timeMs: null },
    ]);
  });

  test('settles when all that was flooded is acknowledged, and says bye', () => {
    const { agent, sent, tell } = stage(false);
    tell(welcome(0, 2));
    agent.flood();
    agent.stop();
    expect(kindsOf(sent()).at(-1)).toBe('bye');
    expect(agent.isSettled).toBe(false);

    tell({ kind: 'ack', ordinal: 1, storedSeq: 2, gapTicks: 0 });
    expect(agent.isSettled).toBe(true);
  });

  test('replays what was made while the link was down, then goes on with frames', () => {
    const { agent, sent, tell } = stage(true);
    for (let tick = 0; tick < 6; tick += 1) agent.produce();
    tell(welcome(0, 100));
    agent.produce();

    expect(kindsOf(sent())).toEqual(['hello', 'layout', 'replay', 'frame']);
    expect(agent.sentSeq).toBe(7);
  });

  test('gives a backlog the shape of what was stored live', () => {
    const { agent, sent, tell } = stage(true, 3);
    tell(welcome(0, 7));
    sent();
    agent.addBacklog(8);
    const tickCounts = () => sent().flatMap((message) => (message.kind === 'replay' ? [message.tickCount] : []));
    expect(tickCounts()).toEqual([3, 3]);

    tell({ kind: 'ack', ordinal: 1, storedSeq: 3, gapTicks: 0 });
    expect(tickCounts()).toEqual([2]);
  });

  test('shows the newest tick as live while the credit is used up', () => {
    const { agent, sent, tell } = stage(true);
    tell(welcome(0, 1));
    agent.produce();
    agent.produce();

    expect(kindsOf(sent()).slice(-2)).toEqual(['frame', 'live']);
  });

  test('goes back to the seq that a nack names', () => {
    const { agent, sent, tell } = stage(false);
    tell(welcome(0, 4));
    agent.flood();
    sent();
    tell({ kind: 'nack', ordinal: 1, code: 'unexpected_seq', seq: 3, why: '' });

    expect(seqsOf(sent())).toEqual([3, 4]);
  });

  test('takes an ack of what a nack had set back, and goes on behind it', () => {
    const { agent, faults, sent, tell } = stage(false);
    tell(welcome(0, 4));
    agent.flood();
    tell({ kind: 'credit', bytes: 0 });
    tell({ kind: 'nack', ordinal: 1, code: 'busy', seq: 1, why: '' });
    sent();
    tell({ kind: 'ack', ordinal: 1, storedSeq: 3, gapTicks: 0 });
    tell({ kind: 'credit', bytes: 2 * itemBytes });

    expect(seqsOf(sent())).toEqual([4, 5]);
    expect(faults).toEqual([]);
  });

  test('reports a refused tick and an ack of what it never sent', () => {
    const { agent, faults, tell } = stage(false);
    tell(welcome(0, 2));
    agent.flood();
    tell({ kind: 'nack', ordinal: 1, code: 'rejected', seq: 1, why: 'no good' });
    tell({ kind: 'ack', ordinal: 1, storedSeq: 9, gapTicks: 0 });

    expect(faults).toEqual(['no good', 'ack of 9 beyond 2']);
  });
});
