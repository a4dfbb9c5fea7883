import { beforeEach, describe, expect, test } from 'vitest';
import type { Asked } from '../api/client.ts';
import type { Dashboard } from '../dashboard.ts';
import { Signal } from '../live/signal.ts';
import { Polled } from './polled.ts';

let nowMs: number;
let ticked: Signal;
let updates: number;
/** Questions in their order, with what answers them. */
let asked: { readonly signal: AbortSignal | undefined; readonly answer: (asked: Asked<string>) => void }[];
let polled: Polled<string>;

const host = {
  addController() {},
  removeController() {},
  requestUpdate() {
    updates += 1;
  },
  updateComplete: Promise.resolve(true),
};

beforeEach(() => {
  nowMs = 1_000_000;
  ticked = new Signal();
  updates = 0;
  asked = [];
  const dashboard = {
    ticked,
    get hubMs() {
      return nowMs;
    },
  } as unknown as Dashboard;
  polled = new Polled<string>(host, {
    dashboard: () => dashboard,
    ask: (_, { signal }) => new Promise((answer) => asked.push({ signal, answer })),
    everyMs: 15_000,
  });
  polled.hostConnected();
});

async function answer(index: number, value: string | null): Promise<void> {
  asked[index]!.answer(value === null ? { kind: 'failed', why: 'away', status: 503 } : { kind: 'ok', value });
  await Promise.resolve();
  await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  ticked.announce();
}

describe('Polled', () => {
  test('asks at once, and again after its time', async () => {
    expect([asked.length, polled.value]).toEqual([1, null]);
    await answer(0, 'a');
    expect([polled.value, updates]).toEqual(['a', 1]);
    await pass(14_999);
    expect(asked).toHaveLength(1);
    await pass(1);
    expect(asked).toHaveLength(2);
  });

  test('waits for an answer before it asks again', async () => {
    await pass(60_000);
    expect(asked).toHaveLength(1);
  });

  test('keeps what it knows while there is no answer, and says why', async () => {
    await answer(0, 'a');
    await pass(15_000);
    await answer(1, null);
    expect([polled.value, polled.why]).toEqual(['a', 'away']);
    await pass(15_000);
    await answer(2, 'b');
    expect([polled.value, polled.why]).toEqual(['b', null]);
  });

  test('takes no answer to a question that was asked before a newer one', async () => {
    polled.refresh();
    expect(asked[0]!.signal?.aborted).toBe(true);
    await answer(1, 'new');
    await answer(0, 'old');
    expect(polled.value).toBe('new');
  });

  test('asks when the clock was set back', async () => {
    await answer(0, 'a');
    await pass(-3_600_000);
    expect(asked).toHaveLength(2);
  });

  test('stops with its element, and takes nothing more', async () => {
    polled.hostDisconnected();
    await answer(0, 'a');
    await pass(60_000);
    expect([asked.length, polled.value, updates]).toEqual([1, null, 0]);
  });
});
