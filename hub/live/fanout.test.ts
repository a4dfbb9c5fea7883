import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeBlock, splitBlock } from '#core/block.ts';
import { decodeToViewer } from '#core/codec.ts';
import { publishBytesMax, viewerBufferedBytesMax } from '#core/limits.ts';
import type { AlertRow, FromViewer, Status, ToViewer } from '#core/message.ts';
import { decodeLayout, type Layout } from '#core/series.ts';
import { type HostIdentity, hostRowOf, Registry } from '../registry.ts';
import { hostIdentity } from '../testing/host-identity.ts';
import { gauges, tickOf } from '../testing/ticks.ts';
import { Fanout, type ViewerSocket } from './fanout.ts';

const nowMs = 1_000_000;
const status: Status = {
  kind: 'status',
  nowMs,
  storage: 'stored',
  unstoredMs: 0,
  hostCount: 0,
  connectedCount: 0,
  viewerCount: 0,
  samplesPerSec: 0,
  newestMs: 0,
  pulse: null,
};

/** A viewer whose buffer is filled and emptied by the test; it drops beyond `bufferBytesMax`, as the library does. */
class TestViewer implements ViewerSocket {
  readonly topics = new Set<string>();
  readonly messages: ToViewer[] = [];
  readonly sizes: number[] = [];
  buffered = 0;
  /** Whether what is sent stays in the buffer. */
  isStuck = false;
  bufferBytesMax = Number.POSITIVE_INFINITY;
  closeCode: number | null = null;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  send(bytes: Uint8Array) {
    if (this.buffered + bytes.byteLength > this.bufferBytesMax) {
      this.#fleet.fanout.dropped(this, this.#fleet.nowMonotonicMs);
      return 'dropped';
    }
    if (this.isStuck) this.buffered += bytes.byteLength;
    this.sizes.push(bytes.byteLength);
    this.messages.push(decodeToViewer(bytes.slice()));
    return this.isStuck ? 'queued' : 'sent';
  }
  subscribe(topic: string) {
    this.topics.add(topic);
  }
  unsubscribe(topic: string) {
    this.topics.delete(topic);
  }
  bufferedBytes() {
    return this.buffered;
  }
  close(closeCode: number) {
    this.closeCode = closeCode;
    this.#fleet.fanout.closed(this);
  }

  /** Reads everything, as a network that works again does. */
  drain() {
    this.buffered = 0;
    this.#fleet.fanout.drained(this, nowMs);
  }
  /** Messages since the last call. */
  take(): ToViewer[] {
    return this.messages.splice(0);
  }
  /** (host, seq) of all that was shown, in order, each tick by itself; fails where a layout was not known before. */
  shown(): string[] {
    const layouts = new Map<string, Layout>();
    return this.messages.flatMap((message) => {
      if (message.kind === 'layout') layouts.set(message.layoutId, decodeLayout(message.bytes, message.layoutId));
      if (message.kind === 'tick') {
        expect(layouts.has(message.layoutId)).toBe(true);
        return [`${message.hostId}:${message.seq}`];
      }
      if (message.kind !== 'snapshot' || message.tickCount === 0) return [];
      const layout = layouts.get(message.layoutId)!;
      const columnCount = layout.series.length + 1;
      const block = splitBlock(inflateRawSync(message.block));
      const { values } = decodeBlock(block, { tickCount: message.tickCount, columnCount }, 1e6);
      return Array.from({ length: message.tickCount }, (_, tick) => `${message.hostId}:${values[tick * columnCount]}`);
    });
  }
}

class Fleet {
  readonly registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 300_000 });
  readonly viewers: TestViewer[] = [];
  readonly published: string[] = [];
  readonly filled: number[] = [];
  alerts: AlertRow[] | null = [];
  nowMonotonicMs = 0;
  readonly fanout = new Fanout(this.registry, {
    publish: (topic, bytes) => {
      this.published.push(topic);
      for (const viewer of this.viewers) if (viewer.topics.has(topic)) viewer.send(bytes);
    },
    fillRing: (hostId) => this.filled.push(hostId),
    openAlerts: () => this.alerts,
  });

  host(hostId: number, options: Partial<HostIdentity> = {}): void {
    this.registry.put(hostIdentity(hostId, options));
  }
  viewer(): TestViewer {
    const viewer = new TestViewer(this);
    this.viewers.push(viewer);
    this.fanout.opened(viewer, status);
    return viewer;
  }
  tell(viewer: TestViewer, message: FromViewer): void {
    this.fanout.received(viewer, message, nowMs);
  }
  subscribe(viewer: TestViewer, hostIds: readonly number[], windowMs = 300_000): void {
    this.tell(viewer, { kind: 'subscribe', hostIds, windowMs });
  }
  tick(hostId: number, seq: number, options: { readonly layout?: Layout; readonly timeMs?: number } = {}): void {
    const layout = options.layout ?? small;
    const values = Array.from({ length: layout.series.length }, () => seq);
    const tick = { hostId, ...tickOf(layout, seq, values, { startMs: nowMs - 100_000, ...options }) };
    const outcome = this.registry.push(hostId, tick, this.nowMonotonicMs);
    if (outcome === 'newest') this.fanout.ticked(tick);
    else if (outcome === 'inserted') this.fanout.backfilled(tick);
  }
  /** Polls every 100 ms for so long. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.nowMonotonicMs += 100;
      this.fanout.poll(nowMs, this.nowMonotonicMs);
    }
  }
}

const small = gauges(['a', 'b']);
/** 2,100 columns are 16,800 bytes. */
const wide = gauges(Array.from({ length: 2_100 }, (_, index) => `m${index}`));
const kindsOf = (messages: readonly ToViewer[]) => messages.map((message) => message.kind);

describe('subscribe', () => {
  test('gives a snapshot and then every tick, none lost and none twice', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewer = fleet.viewer();
    for (const seq of [1, 2, 3]) fleet.tick(1, seq);
    fleet.subscribe(viewer, [1]);
    for (const seq of [4, 5]) fleet.tick(1, seq);

    expect(viewer.shown()).toEqual(['1:1', '1:2', '1:3', '1:4', '1:5']);
    expect(viewer.topics).toEqual(new Set(['all', 'host/1']));
  });

  test('of an idle host answers one empty page and asks for its ring once', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewers = [fleet.viewer(), fleet.viewer()];
    for (const viewer of viewers) fleet.subscribe(viewer, [1]);

    expect(viewers[0]!.messages.at(-1)).toMatchObject({ kind: 'snapshot', page: 0, pageCount: 1, tickCount: 0 });
    expect(fleet.filled).toEqual([1]);
  });

  test('names the layout of the next tick when the snapshot was too short to hold one', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const first = fleet.viewer();
    fleet.subscribe(first, [1]);
    fleet.tick(1, 1);
    const second = fleet.viewer();
    fleet.subscribe(second, [1], 0);
    fleet.tick(1, 2);

    expect(second.shown()).toEqual(['1:2']);
    expect(kindsOf(first.messages).filter((kind) => kind === 'layout')).toHaveLength(1);
  });

  test('names a new layout before its first tick', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewer = fleet.viewer();
    fleet.subscribe(viewer, [1]);
    fleet.tick(1, 1);
    fleet.tick(1, 2, { layout: gauges(['a', 'b', 'c']) });
    fleet.tick(1, 3);

    expect(viewer.shown()).toEqual(['1:1', '1:2', '1:3']);
  });

  test('shows a replayed tick that goes further back into the ring', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewer = fleet.viewer();
    fleet.subscribe(viewer, [1]);
    for (const seq of [1, 4, 2, 2, 3]) fleet.tick(1, seq);

    expect(viewer.shown()).toEqual(['1:1', '1:4', '1:2', '1:3']);
  });

  test('passes over hosts that do not exist, and refuses too many', () => {
    const fleet = new Fleet();
    for (let hostId = 1; hostId <= 65; hostId += 1) fleet.host(hostId);
    const viewer = fleet.viewer();
    fleet.subscribe(viewer, [999, 1]);
    expect(viewer.topics).toEqual(new Set(['all', 'host/1']));

    const all = Array.from({ length: 65 }, (_, index) => index + 1);
    expect(() => fleet.subscribe(viewer, all)).toThrow('at most 64 hosts');
  });

  test('gives one snapshot, however often a host is named', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2]) fleet.host(hostId);
    const viewer = fleet.viewer();
    fleet.subscribe(
      viewer,
      Array.from({ length: 1_000 }, (_, index) => 1 + (index % 2)),
    );
    fleet.subscribe(viewer, []);

    expect(viewer.messages.flatMap((message) => (message.kind === 'snapshot' ? message.hostId : []))).toEqual([1, 2]);
  });

  test('to many large hosts is answered a few at a time, by turns with other viewers, with no tick lost or early', () => {
    const fleet = new Fleet();
    const hostIds = [1, 2, 3, 4, 5];
    for (const hostId of [...hostIds, 6]) fleet.host(hostId);
    for (let seq = 1; seq <= 40; seq += 1)
      for (const hostId of [...hostIds, 6]) fleet.tick(hostId, seq, { layout: wide });
    const [much, little] = [fleet.viewer(), fleet.viewer()];
    const told: number[][] = [];
    const note = () => {
      const shown = [much, little].flatMap((viewer) => viewer.shown());
      told.push([...new Set(shown.map((one) => Number(one.split(':')[0])))]);
    };
    // Again and again: it is made once.
    for (let times = 0; times < 10; times += 1) fleet.subscribe(much, hostIds);
    fleet.subscribe(little, [6]);
    note();
    for (let seq = 41; told.at(-1)!.length < 6; seq += 1) {
      fleet.tick(5, seq, { layout: wide });
      fleet.pass(100);
      note();
    }
    expect(told[0]).toEqual([1]);
    expect(told.findIndex((hosts) => hosts.includes(6))).toBeLessThan(told.findIndex((hosts) => hosts.includes(3)));
    expect(much.topics).toEqual(new Set(['all', ...hostIds.map((hostId) => `host/${hostId}`)]));
    fleet.tick(5, 99, { layout: wide });
    const ofFive = much.shown().filter((one) => one.startsWith('5:'));
    expect(ofFive).toEqual([...new Set(ofFive)]);
    expect([ofFive[0], ofFive[39], ofFive[40], ofFive.at(-1)]).toEqual(['5:1', '5:40', '5:41', '5:99']);
  });

  test('ends with unsubscribe and with the connection', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2]) fleet.host(hostId);
    const viewer = fleet.viewer();
    fleet.subscribe(viewer, [1, 2]);
    fleet.tell(viewer, { kind: 'unsubscribe', hostIds: [1, 7] });
    viewer.take();
    for (const hostId of [1, 2]) fleet.tick(hostId, 1);
    expect(viewer.messages.map((message) => ('hostId' in message ? message.hostId : null))).toEqual([null, 2]);

    fleet.fanout.closed(viewer);
    expect([fleet.fanout.isWatched(1), fleet.fanout.isWatched(2), fleet.fanout.viewerCount]).toEqual([false, false, 0]);
    const before = fleet.published.length;
    fleet.tick(2, 2);
    expect(fleet.published.length).toBe(before);
  });

  test('gives the ring again when it has been filled from storage', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewer = fleet.viewer();
    fleet.subscribe(viewer, [1]);
    fleet.registry.host(1)!.ring.push(tickOf(small, 1, [1, 1], { startMs: nowMs - 5_000 }));
    fleet.fanout.hostFilled(1, nowMs);

    expect(viewer.shown()).toEqual(['1:1']);
  });
});

describe('ticks', () => {
  test('a small one is published, a large one is sent to each watcher', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewers = [fleet.viewer(), fleet.viewer()];
    for (const viewer of viewers) fleet.subscribe(viewer, [1]);
    fleet.tick(1, 1);
    expect(fleet.published).toEqual(['host/1']);
    fleet.tick(1, 2, { layout: wide });

    expect(fleet.published).toEqual(['host/1']);
    for (const viewer of viewers) {
      expect(viewer.messages.at(-1)).toMatchObject({ kind: 'tick', seq: 2 });
      expect(viewer.sizes.at(-1)).toBeGreaterThan(publishBytesMax);
    }
  });

  test('of a host that nobody watches cost nothing', () => {
    const fleet = new Fleet();
    fleet.host(1);
    fleet.viewer();
    fleet.tick(1, 1);

    expect([fleet.published, fleet.fanout.publishedCount]).toEqual([[], 0]);
  });
});

describe('a slow viewer', () => {
  /** One viewer of one host that does not read, with more than its share in the buffer. */
  function slow() {
    const fleet = new Fleet();
    fleet.host(1);
    const viewer = fleet.viewer();
    fleet.subscribe(viewer, [1]);
    fleet.tick(1, 1);
    viewer.isStuck = true;
    viewer.buffered = viewerBufferedBytesMax + 1;
    fleet.pass(100);
    return { fleet, viewer };
  }

  test('leaves its topics and gets nothing until it has read everything, then one snapshot per host', () => {
    const { fleet, viewer } = slow();
    expect([viewer.topics.size, fleet.fanout.behindCount]).toEqual([0, 1]);
    viewer.take();
    for (const seq of [2, 3]) fleet.tick(1, seq);
    fleet.fanout.status(status);
    fleet.fanout.processes(1, { kind: 'top', atMs: 1, processes: [] });
    fleet.fanout.hostFilled(1, nowMs);
    expect(viewer.take()).toEqual([]);

    viewer.isStuck = false;
    viewer.drain();
    expect(kindsOf(viewer.messages).filter((kind) => kind === 'snapshot')).toHaveLength(1);
    expect(viewer.shown()).toEqual(['1:1', '1:2', '1:3']);
    expect([viewer.topics, fleet.fanout.behindCount]).toEqual([new Set(['all', 'host/1']), 0]);
    fleet.tick(1, 4);
    expect(viewer.shown().at(-1)).toBe('1:4');
  });

  test('gets the layout that came while it was behind', () => {
    const { fleet, viewer } = slow();
    fleet.tick(1, 2, { layout: gauges(['x']) });
    viewer.isStuck = false;
    viewer.take();
    viewer.drain();
    fleet.tick(1, 3, { layout: gauges(['x']) });

    expect(viewer.shown()).toEqual(['1:1', '1:2', '1:3']);
  });

  test('is closed with 1013 after 30 s', () => {
    const { fleet, viewer } = slow();
    fleet.pass(29_900);
    expect(viewer.closeCode).toBeNull();
    fleet.pass(200);

    expect([viewer.closeCode, fleet.fanout.closedSlowCount]).toEqual([1013, 1]);
    expect([fleet.fanout.behindCount, fleet.fanout.viewerCount, fleet.fanout.isWatched(1)]).toEqual([0, 0, false]);
  });

  test('is given the time to read a large snapshot', () => {
    const fleet = new Fleet();
    fleet.host(1);
    for (let seq = 1; seq <= 60; seq += 1) fleet.tick(1, seq, { layout: wide });
    const viewer = fleet.viewer();
    viewer.isStuck = true;
    viewer.buffered = 100_000;
    fleet.subscribe(viewer, [1]);
    fleet.pass(1_000);
    expect(fleet.fanout.behindCount).toBe(0);

    // What it has read is granted no more.
    viewer.buffered = 10_000;
    fleet.pass(100);
    viewer.buffered = 10_000 + viewerBufferedBytesMax + 1;
    fleet.pass(100);
    expect(fleet.fanout.behindCount).toBe(1);
  });

  test('that is dropped in the middle of a snapshot gets all of it again, with its layouts', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2]) fleet.host(hostId);
    for (let seq = 1; seq <= 20; seq += 1) for (const hostId of [1, 2]) fleet.tick(hostId, seq);
    const viewer = fleet.viewer();
    viewer.isStuck = true;
    viewer.bufferBytesMax = viewer.buffered + 150;
    fleet.subscribe(viewer, [1, 2]);
    expect([fleet.fanout.behindCount, viewer.topics.size]).toEqual([1, 0]);

    viewer.isStuck = false;
    viewer.bufferBytesMax = Number.POSITIVE_INFINITY;
    viewer.take();
    viewer.drain();
    const all = [1, 2].flatMap((hostId) => Array.from({ length: 20 }, (_, index) => `${hostId}:${index + 1}`));
    expect(viewer.shown()).toEqual(all);
    expect(viewer.topics).toEqual(new Set(['all', 'host/1', 'host/2']));
  });

  test('comes back at a check, should the socket never say that it has drained', () => {
    const { fleet, viewer } = slow();
    viewer.isStuck = false;
    viewer.buffered = 0;
    fleet.pass(100);

    expect([fleet.fanout.behindCount, viewer.topics.has('host/1')]).toEqual([0, true]);
  });

  test('may subscribe and watch meanwhile, and is served when it has drained', () => {
    const { fleet, viewer } = slow();
    fleet.host(2);
    fleet.tick(2, 1);
    viewer.take();
    fleet.subscribe(viewer, [2]);
    fleet.tell(viewer, { kind: 'watch', keys: ['a'], hostIds: null, othersMs: 0 });
    expect([viewer.take(), viewer.topics.size]).toEqual([[], 0]);
    viewer.isStuck = false;
    viewer.drain();

    expect(viewer.shown()).toEqual(['1:1', '2:1']);
    expect(kindsOf(viewer.messages).at(-1)).toBe('overview');
  });
});

describe('watch', () => {
  const overviews = (viewer: TestViewer) =>
    viewer.take().flatMap((message) => {
      if (message.kind !== 'overview') return [];
      const ids = new Uint32Array(message.hostIds.slice().buffer);
      const values = Array.from(new Float32Array(message.values.slice().buffer));
      return [
        Array.from(ids, (id, index) => [
          id,
          ...values.slice((index * values.length) / ids.length, ((index + 1) * values.length) / ids.length),
        ]),
      ];
    });

  test('gives the newest values at once and then those that changed, at most every 100 ms', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2, 3]) fleet.host(hostId);
    for (const hostId of [1, 2]) fleet.tick(hostId, 5);
    fleet.pass(100);
    const viewer = fleet.viewer();
    fleet.tell(viewer, { kind: 'watch', keys: ['b', 'none'], hostIds: null, othersMs: 0 });
    expect(overviews(viewer)).toEqual([
      [
        [1, 5, Number.NaN],
        [2, 5, Number.NaN],
      ],
    ]);

    for (const seq of [6, 7]) fleet.tick(2, seq);
    expect(overviews(viewer)).toEqual([]);
    fleet.pass(100);
    expect(overviews(viewer)).toEqual([[[2, 7, Number.NaN]]]);
    fleet.pass(100);
    expect(overviews(viewer)).toEqual([]);
  });

  test('of some hosts tells of no others; a new watch replaces it and one without keys ends it', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2]) fleet.host(hostId);
    const viewer = fleet.viewer();
    fleet.tell(viewer, { kind: 'watch', keys: ['a'], hostIds: [2], othersMs: 0 });
    for (const hostId of [1, 2]) fleet.tick(hostId, 1);
    fleet.pass(100);
    expect(overviews(viewer)).toEqual([[[2, 1]]]);

    fleet.tell(viewer, { kind: 'watch', keys: ['a'], hostIds: [1], othersMs: 0 });
    expect(overviews(viewer)).toEqual([[[1, 1]]]);
    fleet.tell(viewer, { kind: 'watch', keys: [], hostIds: null, othersMs: 0 });
    fleet.tick(1, 2);
    fleet.pass(100);
    expect(overviews(viewer)).toEqual([]);
  });

  test('sends the past of what comes into sight, and of nothing that was there already', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2, 3]) fleet.host(hostId);
    for (const seq of [1, 2]) for (const hostId of [1, 2, 3]) fleet.tick(hostId, seq);
    fleet.pass(100);
    const viewer = fleet.viewer();
    const watch = (hostIds: readonly number[], keys = ['a']) =>
      fleet.tell(viewer, { kind: 'watch', keys, hostIds, othersMs: 0 });

    watch([1]);
    expect(overviews(viewer)).toEqual([[[1, 1]], [[1, 2]]]);
    watch([1, 2]);
    expect(overviews(viewer)).toEqual([[[2, 1]], [[2, 2]]]);
    watch([2]);
    expect(overviews(viewer)).toEqual([]);
    watch([2], ['a', 'b']);
    expect(overviews(viewer)).toEqual([[[2, 1, 1]], [[2, 2, 2]]]);
  });

  test('of more hosts than a screen has sends no past', () => {
    const fleet = new Fleet();
    const hostIds = Array.from({ length: 121 }, (_, index) => index + 1);
    for (const hostId of hostIds) fleet.host(hostId);
    for (const seq of [1, 2]) for (const hostId of hostIds) fleet.tick(hostId, seq);
    const viewer = fleet.viewer();
    fleet.tell(viewer, { kind: 'watch', keys: ['a'], hostIds, othersMs: 0 });

    expect(overviews(viewer)).toEqual([hostIds.map((hostId) => [hostId, 2])]);
  });

  test('sends the others at their own pace, in turns, and not again when only what is in sight changes', () => {
    const fleet = new Fleet();
    for (const hostId of [1, 2, 3]) fleet.host(hostId);
    for (const hostId of [1, 2, 3]) fleet.tick(hostId, 1);
    fleet.pass(100);
    const viewer = fleet.viewer();
    const watch = (hostIds: readonly number[], othersMs: number) =>
      fleet.tell(viewer, { kind: 'watch', keys: ['a'], hostIds, othersMs });
    watch([], 1_000);
    expect(overviews(viewer).flat()).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);

    for (const hostId of [1, 2]) fleet.tick(hostId, 2);
    fleet.tick(1, 3);
    fleet.pass(1_000);
    expect(overviews(viewer)).toEqual([[[1, 3]], [[2, 2]]]);
    fleet.pass(1_000);
    expect(overviews(viewer)).toEqual([]);

    watch([3], 1_000);
    expect(overviews(viewer)).toEqual([[[3, 1]]]);
    fleet.tick(3, 2);
    fleet.pass(100);
    expect(overviews(viewer)[0]).toEqual([[3, 2]]);
    watch([3], 0);
    fleet.tick(1, 4);
    fleet.pass(2_000);
    expect(overviews(viewer).flat()).not.toContainEqual([1, 4]);
  });

  test('of too many series is refused', () => {
    const fleet = new Fleet();
    const viewer = fleet.viewer();
    const keys = Array.from({ length: 17 }, (_, index) => `m${index}`);

    expect(() => fleet.tell(viewer, { kind: 'watch', keys, hostIds: null, othersMs: 0 })).toThrow('at most 16 series');
  });
});

describe('hosts', () => {
  test('come in pages that a message can hold, whatever their tags', () => {
    const fleet = new Fleet();
    const tags = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`tag-${index}`, 'v'.repeat(200)]));
    for (let hostId = 1; hostId <= 100; hostId += 1) fleet.host(hostId, hostId <= 30 ? { tags } : {});
    const viewer = fleet.viewer();
    const pages = viewer.messages.flatMap((message) => (message.kind === 'hosts' ? [message] : []));

    expect(pages.flatMap((page) => page.hosts.map((row) => row.hostId))).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    expect(Math.max(...viewer.sizes)).toBeLessThan(64 * 1024);
  });

  test('that changed, and ids that are gone, are told to all', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewer = fleet.viewer();
    viewer.take();
    fleet.fanout.hostsChanged({ hosts: [], removed: [7] });

    expect(viewer.take()).toEqual([{ kind: 'hosts', hosts: [], removed: [7] }]);
  });

  test('that are gone are told before those that may have their names, in messages of a bounded size', () => {
    const fleet = new Fleet();
    fleet.host(9_999);
    const viewer = fleet.viewer();
    viewer.take();
    const removed = Array.from({ length: 2_500 }, (_, index) => index + 1);
    fleet.fanout.hostsChanged({ hosts: [hostRowOf(fleet.registry.host(9_999)!)], removed });

    const pages = viewer.take().flatMap((message) => (message.kind === 'hosts' ? [message] : []));
    expect(pages.map((page) => [page.hosts.length, page.removed.length])).toEqual([
      [0, 1_000],
      [0, 1_000],
      [0, 500],
      [1, 0],
    ]);
  });

  test('removed() ends what viewers see of the host, and one that is behind hears of it later', () => {
    const fleet = new Fleet();
    fleet.host(1);
    const viewers = [fleet.viewer(), fleet.viewer()];
    for (const viewer of viewers) fleet.tell(viewer, { kind: 'subscribe', hostIds: [1], windowMs: 1_000 });
    const [quick, slow] = viewers as [TestViewer, TestViewer];
    slow.buffered = 1_000_000;
    fleet.fanout.dropped(slow, 0);
    for (const viewer of viewers) viewer.take();

    fleet.registry.remove(1);
    fleet.fanout.removed(1);
    fleet.fanout.hostsChanged(fleet.registry.takeChanges()!);
    expect([fleet.fanout.isWatched(1), quick.topics.has('host/1'), quick.take()]).toEqual([
      false,
      false,
      [{ kind: 'hosts', hosts: [], removed: [1] }],
    ]);
    slow.drain();
    expect(slow.take()).toEqual([
      { kind: 'hosts', hosts: [], removed: [1] },
      { kind: 'alert', isWhole: true, alerts: [] },
      // Whether any have changed meanwhile is not known.
      { kind: 'notes' },
      { kind: 'agents' },
    ]);
    expect(slow.topics).toEqual(new Set(['all']));
  });
});

describe('alerts', () => {
  const alert: AlertRow = {
    ruleId: 1,
    hostId: 2,
    series: 'cpu',
    phase: 'firing',
    alertId: 3,
    ruleName: 'CPU',
    severity: 'warning',
    cause: 'limits',
    sinceMs: nowMs,
    value: 97,
    message: 'web: cpu is 97',
    decision: 'told',
    isAcknowledged: false,
  };

  test('all that are open come at the start in pages, and to one that was behind; changes go to all', () => {
    const fleet = new Fleet();
    fleet.alerts = Array.from({ length: 41 }, (_, index) => ({ ...alert, hostId: index }));
    const viewer = fleet.viewer();
    const pagesOf = (messages: readonly ToViewer[]) =>
      messages.flatMap((message) => (message.kind === 'alert' ? [[message.isWhole, message.alerts.length]] : []));
    expect(pagesOf(viewer.take())).toEqual([
      [true, 40],
      [false, 1],
    ]);
    fleet.fanout.alertsChanged([{ ...alert, phase: 'inactive' }]);
    expect(viewer.take()).toEqual([{ kind: 'alert', isWhole: false, alerts: [{ ...alert, phase: 'inactive' }] }]);
    viewer.buffered = 1_000_000;
    fleet.fanout.dropped(viewer, 0);
    fleet.alerts = [];
    viewer.drain();
    expect(pagesOf(viewer.take())).toEqual([[true, 0]]);
  });

  test('nothing is said of them before the hub knows which are open; then all who are there are told', () => {
    const fleet = new Fleet();
    fleet.alerts = null;
    const viewer = fleet.viewer();
    expect(viewer.take().filter(({ kind }) => kind === 'alert')).toEqual([]);
    fleet.alerts = [alert];
    fleet.fanout.alertsKnown();
    expect(viewer.take()).toEqual([{ kind: 'alert', isWhole: true, alerts: [alert] }]);
  });
});
