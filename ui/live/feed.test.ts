import { describe, expect, test } from 'vitest';
import { decodeFromViewer, encodeMessage } from '#core/codec.ts';
import type { ToViewer } from '#core/message.ts';
import { Feed, type Link, retryMs, silentMsMax } from './feed.ts';

/** As much of a WebSocket as the feed uses. */
class FakeSocket {
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: Uint8Array[] = [];
  closedWith: number | null = null;

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(code: number): void {
    this.closedWith = code;
  }

  /** What was sent, as kinds. */
  get wants(): string[] {
    return this.sent.map((bytes) => decodeFromViewer(bytes).kind);
  }
}

const status: ToViewer = {
  kind: 'status',
  nowMs: 1,
  storage: 'stored',
  unstoredMs: 0,
  hostCount: 0,
  connectedCount: 0,
  viewerCount: 1,
  samplesPerSec: 0,
  newestMs: 0,
  pulse: null,
};

function feedUnderTest() {
  const sockets: FakeSocket[] = [];
  const received: ToViewer[] = [];
  const links: Link[] = [];
  const doubts: number[] = [];
  let nowMs = 0;
  let timer: { atMs: number; callback: () => void } | null = null;
  const feed = new Feed(
    { received: (message) => received.push(message), linkChanged: (link) => links.push(link) },
    {
      url: 'ws://hub/live',
      openSocket: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      nowMs: () => nowMs,
      random: () => 1,
      checkSession: () => doubts.push(nowMs),
      after(delayMs, callback) {
        const armed = { atMs: nowMs + delayMs, callback };
        timer = armed;
        return () => {
          if (timer === armed) timer = null;
        };
      },
    },
  );
  return {
    feed,
    sockets,
    received,
    links,
    /** Times at which it wanted to know who looks. */
    doubts,
    /** Lets time pass, firing what is due. */
    pass(ms: number) {
      const endMs = nowMs + ms;
      while (timer !== null && timer.atMs <= endMs) {
        const due: { atMs: number; callback: () => void } = timer;
        nowMs = due.atMs;
        timer = null;
        due.callback();
      }
      nowMs = endMs;
    },
    say(message: ToViewer) {
      const bytes = Uint8Array.from(encodeMessage(message));
      sockets.at(-1)!.onmessage?.({ data: bytes.buffer });
    },
  };
}

describe('Feed', () => {
  test('says what it wants once the socket stands, and again on the next', () => {
    const { feed, sockets, pass } = feedUnderTest();
    feed.connect();
    feed.watch({ keys: ['a'], hostIds: null, othersMs: 0 });
    feed.subscribe(7, 300_000);
    expect(sockets[0]!.wants).toEqual([]);
    sockets[0]!.onopen?.();
    expect(sockets[0]!.wants).toEqual(['watch', 'subscribe']);
    sockets[0]!.onclose?.({ code: 1006 });
    pass(1_000);
    feed.unsubscribe(7);
    sockets[1]!.onopen?.();
    expect(sockets[1]!.wants).toEqual(['watch']);
  });

  test('gives a silent connection up and tries another', () => {
    const { feed, sockets, pass, say } = feedUnderTest();
    feed.connect();
    sockets[0]!.onopen?.();
    pass(9_000);
    say(status);
    pass(silentMsMax - 1);
    expect(sockets).toHaveLength(1);
    pass(1_001);
    expect([sockets.length, sockets[0]!.closedWith]).toEqual([2, 4400]);
  });

  test('counts the loss from the last message, not from the close', () => {
    const { feed, sockets, pass, say } = feedUnderTest();
    feed.connect();
    sockets[0]!.onopen?.();
    pass(1_000);
    say(status);
    pass(4_000);
    sockets[0]!.onclose?.({ code: 1006 });
    expect(feed.link).toMatchObject({
      phase: 'waiting',
      lostSinceMs: 1_000,
      failureCount: 1,
      nextTryMs: 6_000,
      everOpen: true,
    });
  });

  test('waits longer after each failure, and starts over after a success', () => {
    const { feed, sockets, links, pass } = feedUnderTest();
    feed.connect();
    for (const waitMs of [1_000, 2_000, 4_000]) {
      sockets.at(-1)!.onclose?.({ code: 1006 });
      pass(waitMs);
    }
    sockets.at(-1)!.onopen?.();
    sockets.at(-1)!.onclose?.({ code: 1006 });
    expect(links.at(-1)).toMatchObject({ failureCount: 1, nextTryMs: 8_000 });
  });

  test('doubts who looks when no socket opens or one is closed with 4401, and not when one is lost', () => {
    const { feed, sockets, doubts, pass } = feedUnderTest();
    feed.connect();
    sockets[0]!.onclose?.({ code: 1006 });
    expect(doubts).toEqual([0]);
    pass(1_000);
    sockets[1]!.onopen?.();
    sockets[1]!.onclose?.({ code: 1006 });
    expect(doubts).toEqual([0]);
    pass(1_000);
    sockets[2]!.onopen?.();
    sockets[2]!.onclose?.({ code: 4401 });
    expect(doubts).toEqual([0, 2_000]);
  });

  test('makes no storm of sockets that the hub opens and refuses', () => {
    const { feed, sockets, pass } = feedUnderTest();
    feed.connect();
    for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const count = sockets.length;
      sockets.at(-1)!.onopen?.();
      sockets.at(-1)!.onclose?.({ code: 4401 });
      pass(waitMs - 1);
      expect(sockets).toHaveLength(count);
      pass(1);
      expect(sockets).toHaveLength(count + 1);
    }
  });

  test('connect() cuts a wait short and does nothing while there is a socket', () => {
    const { feed, sockets } = feedUnderTest();
    feed.connect();
    feed.connect();
    sockets[0]!.onclose?.({ code: 1006 });
    feed.connect();
    expect(sockets).toHaveLength(2);
  });

  test('leaves a hub that breaks the protocol', () => {
    const { feed, sockets, received } = feedUnderTest();
    feed.connect();
    sockets[0]!.onopen?.();
    sockets[0]!.onmessage?.({ data: new Uint8Array([0x91, 0x7f]).buffer });
    expect([sockets[0]!.closedWith, received, feed.link.phase]).toEqual([4400, [], 'waiting']);
  });

  test('hears nothing more of a socket that it gave up', () => {
    const { feed, sockets, pass, received } = feedUnderTest();
    feed.connect();
    sockets[0]!.onopen?.();
    pass(silentMsMax + 1_000);
    expect(sockets[0]!.onmessage).toBeNull();
    expect(received).toEqual([]);
  });
});

test('retryMs() stays between half of its ceiling and the ceiling', () => {
  expect([0, 1, 3, 9].map((attempt) => [retryMs(attempt, () => 0), retryMs(attempt, () => 1)])).toEqual([
    [500, 1_000],
    [1_000, 2_000],
    [4_000, 8_000],
    [15_000, 30_000],
  ]);
});
