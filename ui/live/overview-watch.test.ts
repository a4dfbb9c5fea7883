import { describe, expect, test } from 'vitest';
import type { HostRow, Watch } from '#core/message.ts';
import { Fleet, type FleetHost } from './fleet.ts';
import { OverviewWatch, watchAllMax, watchPauseMs } from './overview-watch.ts';

function row(hostId: number): HostRow {
  const name = `host-${hostId}`;
  return {
    hostId,
    name,
    alias: '',
    state: 'up',
    intervalMs: 1_000,
    lastMs: 0,
    downtimeUntilMs: 0,
    tags: {},
    facts: {},
  };
}

function watchUnderTest(hostCount: number) {
  let nowMs = 1_000;
  let timers: { atMs: number; callback: () => void }[] = [];
  const sent: (Omit<Watch, 'kind' | 'keys'> | null)[] = [];
  const fleet = new Fleet();
  const watch = new OverviewWatch(fleet, {
    send: (wish) => sent.push(wish === null ? null : { hostIds: wish.hostIds, othersMs: wish.othersMs }),
    nowMs: () => nowMs,
    after(delayMs, callback) {
      timers.push({ atMs: nowMs + delayMs, callback });
      return () => {};
    },
  });
  fleet.acceptHosts({
    kind: 'hosts',
    hosts: Array.from({ length: hostCount }, (_, index) => row(index + 1)),
    removed: [],
  });
  return {
    fleet,
    watch,
    sent,
    hosts: (...ids: number[]): FleetHost[] => ids.map((id) => fleet.byId(id)!),
    pass(ms: number) {
      nowMs += ms;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      for (const { callback } of due) callback();
    },
  };
}

describe('OverviewWatch', () => {
  test('watches a small fleet whole, whatever is in sight', () => {
    const { watch, sent, hosts, fleet, pass } = watchUnderTest(watchAllMax);
    watch.want({ hosts: hosts(1), othersMs: 2_000 });
    pass(watchPauseMs);
    watch.want({ hosts: hosts(2), othersMs: 2_000 });
    pass(watchPauseMs);
    expect([sent, fleet.watched]).toEqual([[{ hostIds: null, othersMs: 0 }], 'all']);
  });

  test('asks for what is in sight of a large one, four times a second at most, the last wish last', () => {
    const { watch, sent, hosts, fleet, pass } = watchUnderTest(watchAllMax + 1);
    watch.want({ hosts: hosts(3, 1), othersMs: 5_000 });
    watch.want({ hosts: hosts(4), othersMs: 5_000 });
    pass(watchPauseMs - 1);
    watch.want({ hosts: hosts(5), othersMs: 5_000 });
    expect(sent).toEqual([{ hostIds: [1, 3], othersMs: 5_000 }]);
    pass(1);
    expect(sent.slice(1)).toEqual([{ hostIds: [5], othersMs: 5_000 }]);
    expect([fleet.isWatched(hosts(5)[0]!), fleet.isWatched(hosts(4)[0]!)]).toEqual([true, false]);
  });

  test('says nothing twice, and ends with what is wanted', () => {
    const { watch, sent, hosts, pass } = watchUnderTest(watchAllMax + 1);
    for (let turn = 0; turn < 3; turn += 1) {
      watch.want({ hosts: hosts(1, 2), othersMs: 0 });
      pass(watchPauseMs);
    }
    watch.want(null);
    pass(watchPauseMs);
    expect(sent).toEqual([{ hostIds: [1, 2], othersMs: 0 }, null]);
  });

  test('waits for the first hosts: until then it is not known whether the fleet is a small one', () => {
    const { watch, sent, fleet, pass } = watchUnderTest(0);
    watch.want({ hosts: [], othersMs: 2_000 });
    pass(watchPauseMs);
    expect(sent).toEqual([]);
    fleet.acceptHosts({ kind: 'hosts', hosts: Array.from({ length: 99 }, (_, index) => row(index + 1)), removed: [] });
    expect(sent).toEqual([{ hostIds: [], othersMs: 2_000 }]);
  });
});
