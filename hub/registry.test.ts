import { describe, expect, test } from 'vitest';
import type { Layout } from '#core/series.ts';
import { type HostIdentity, Registry } from './registry.ts';
import { hostIdentity } from './testing/host-identity.ts';

const settings = { ringBytesMax: 512 * 1024 * 1024, ringWindowMsMax: 300_000 };

function identity(hostId: number, options: Partial<HostIdentity> = {}): HostIdentity {
  return hostIdentity(hostId, { agentId: String(hostId).padStart(32, '0'), ...options });
}

function layoutOf(seriesCount: number, intervalMs = 1_000): Layout {
  const series = Array.from({ length: seriesCount }, (_, index) => ({
    key: `m${index}`,
    unit: '',
    kind: 'gauge' as const,
    every: 1,
  }));
  return { id: `${seriesCount}`.padStart(16, '0'), intervalMs, series };
}

function tick(
  seq: number,
  options: { readonly layout?: Layout; readonly timeMs?: number; readonly ordinal?: number } = {},
) {
  const layout = options.layout ?? layoutOf(1);
  return {
    ordinal: options.ordinal ?? 1,
    seq,
    timeMs: options.timeMs ?? 1_000_000 + seq * layout.intervalMs,
    layout,
    column: new Uint8Array(layout.series.length * 8),
  };
}

/** Checks each second from `fromMs` to `toMs`, as the engine does. */
function check(registry: Registry, fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 1_000) registry.check(nowMs);
}

const stateOf = (registry: Registry, hostId = 1) => registry.host(hostId)!.state;

describe('states', () => {
  test('a host is up with its ticks, stale after three intervals without, down after 30 s', () => {
    const registry = new Registry(settings);
    registry.put(identity(1));
    expect(stateOf(registry)).toBe('never');
    registry.push(1, tick(1), 0);
    check(registry, 0, 3_000);
    expect(stateOf(registry)).toBe('up');
    check(registry, 4_000, 4_000);
    expect(stateOf(registry)).toBe('stale');
    check(registry, 5_000, 30_000);
    expect(stateOf(registry)).toBe('stale');
    check(registry, 31_000, 31_000);
    expect(stateOf(registry)).toBe('down');
    registry.push(1, tick(2), 31_500);
    expect(stateOf(registry)).toBe('up');
  });

  test('a slow host is judged by its own interval', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { intervalMs: 10_000 }));
    registry.push(1, tick(1, { layout: layoutOf(1, 10_000) }), 0);
    check(registry, 0, 30_000);
    expect(stateOf(registry)).toBe('up');
    check(registry, 31_000, 100_000);
    expect(stateOf(registry)).toBe('stale');
    check(registry, 101_000, 101_000);
    expect(stateOf(registry)).toBe('down');
  });

  test('a host that never came stays so', () => {
    const registry = new Registry(settings);
    registry.put(identity(1));
    check(registry, 0, 100_000);

    expect(stateOf(registry)).toBe('never');
  });

  test('a known host is stale after a start, and down only when it had the time to connect', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { lastMs: 5 }));
    check(registry, 500_000, 530_000);
    expect(stateOf(registry)).toBe('stale');
    check(registry, 531_000, 531_000);
    expect(stateOf(registry)).toBe('down');
  });

  test('a pause of ours makes nobody stale', () => {
    const registry = new Registry(settings);
    registry.put(identity(1));
    registry.push(1, tick(1), 0);
    check(registry, 0, 1_000);
    registry.check(60_000);
    expect(stateOf(registry)).toBe('up');
    check(registry, 61_000, 64_000);
    expect(stateOf(registry)).toBe('stale');
  });

  test('takeChanges() tells each change once', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { tags: { rack: 'a' } }));
    expect(registry.takeChanges()).toEqual({
      hosts: [
        {
          hostId: 1,
          name: 'host-1',
          alias: '',
          state: 'never',
          intervalMs: 1_000,
          lastMs: 0,
          downtimeUntilMs: 0,
          tags: { rack: 'a' },
          facts: {},
        },
      ],
      removed: [],
    });
    expect(registry.takeChanges()).toBeNull();
    registry.push(1, tick(1), 0);
    registry.push(1, tick(2), 1_000);
    expect(registry.takeChanges()?.hosts.map((row) => row.state)).toEqual(['up']);
    for (const untilMs of [9_000, 9_000]) registry.setDowntime(1, untilMs);
    registry.setDowntime(2, 9_000);
    expect(registry.takeChanges()?.hosts.map((row) => row.downtimeUntilMs)).toEqual([9_000]);
    registry.setDowntime(1, 9_000);
    expect(registry.takeChanges()).toBeNull();
  });

  test('put() leaves what is newer in the database than what it is given', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { alias: 'new', version: 3 }));
    registry.put(identity(1, { alias: 'old', version: 2 }));

    expect(registry.host(1)!.identity.alias).toBe('new');
  });

  test('remove() lets go of name, tokens and ring, and tells viewers', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { name: 'web' }));
    registry.addToken('aa', 1);
    registry.addToken('bb', 2);
    registry.push(1, tick(1), 0);
    registry.takeChanges();
    registry.put(identity(1, { name: 'web', alias: 'changed a moment before' }));

    expect(registry.remove(1)?.identity.name).toBe('web');
    expect([registry.byName('web'), registry.byToken('aa'), registry.count, registry.ringBytes]).toEqual([
      undefined,
      undefined,
      0,
      0,
    ]);
    expect(registry.takeChanges()).toEqual({ hosts: [], removed: [1] });
    expect([registry.remove(1), registry.takeChanges(), registry.push(1, tick(2), 0)]).toEqual([null, null, 'late']);
  });

  test('remove() leaves a name alone that another host has by now', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { name: 'web' }));
    registry.put(identity(2, { name: 'web' }));
    registry.remove(1);

    expect(registry.byName('web')?.identity.hostId).toBe(2);
  });

  test('a buried host is not brought back by an answer that was under way; two rounds later none is', () => {
    const registry = new Registry(settings);
    registry.put(identity(1));
    registry.bury(1);
    registry.remove(1);
    const outcomes: boolean[] = [];
    for (let round = 0; round < 3; round += 1) {
      outcomes.push(registry.put(identity(1)) !== null);
      registry.turnBurials();
    }
    expect(outcomes).toEqual([false, false, true]);
  });

  test('a push of older values does not take the host back in time', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { kind: 'push', intervalMs: 60_000 }));
    registry.push(1, tick(1, { ordinal: 1, timeMs: 9_000_000 }), 0);
    registry.push(1, tick(1, { ordinal: 2, timeMs: 8_990_000 }), 10);

    expect(registry.host(1)!.lastMs).toBe(9_000_000);
  });
});

describe('names and tokens', () => {
  test('a host that is renamed leaves its old name to others', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { name: 'web' }));
    registry.put(identity(1, { name: 'web-old' }));
    registry.put(identity(2, { name: 'web' }));
    registry.put(identity(1, { name: 'web-older' }));

    expect(registry.byName('web')?.identity.hostId).toBe(2);
    expect(registry.byName('web-old')).toBeUndefined();
  });

  test('a new token ends those before it', () => {
    const registry = new Registry(settings);
    for (const hostId of [1, 2]) registry.put(identity(hostId));
    registry.addToken('aa', 1);
    registry.addToken('bb', 2);
    registry.replaceTokens('cc', 1);

    expect(['aa', 'bb', 'cc'].map((hash) => registry.byToken(hash)?.identity.hostId)).toEqual([undefined, 2, 1]);
  });
});

describe('rings', () => {
  test('hold the window of a host at its own interval', () => {
    const counts = [1_000, 10_000, 60_000, 3_600_000].map((intervalMs) => {
      const registry = new Registry(settings);
      registry.put(identity(1, { intervalMs }));
      const layout = layoutOf(1, intervalMs);
      for (let seq = 1; seq <= 500; seq += 1) registry.push(1, tick(seq, { layout }), 0);
      return registry.host(1)!.ring.count;
    });

    expect(counts).toEqual([301, 31, 11, 11]);
  });

  test('follow an interval that the layout changes', () => {
    const registry = new Registry(settings);
    registry.put(identity(1));
    const fast = layoutOf(1, 1_000);
    const slow = layoutOf(2, 10_000);
    for (let seq = 1; seq <= 400; seq += 1) registry.push(1, tick(seq, { layout: fast }), 0);
    for (let seq = 401; seq <= 500; seq += 1) registry.push(1, tick(seq, { layout: slow }), 0);

    expect(registry.host(1)!.identity.intervalMs).toBe(10_000);
    expect(registry.host(1)!.ring.count).toBe(31);
  });

  test('hold a tick a second of a host that pushes', () => {
    const registry = new Registry(settings);
    registry.put(identity(1, { kind: 'push', intervalMs: 60_000 }));
    const layout = layoutOf(1, 60_000);
    for (let seq = 1; seq <= 900; seq += 1) registry.push(1, tick(seq, { layout, timeMs: seq * 1_000 }), 0);

    expect(registry.host(1)!.ring.count).toBe(601);
  });

  test('share the memory: all windows shrink until the bound holds, and come to rest', () => {
    const registry = new Registry({ ringBytesMax: 400_000, ringWindowMsMax: 300_000 });
    const layout = layoutOf(20);
    const hostIds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    for (const hostId of hostIds) registry.put(identity(hostId));
    const windows: number[] = [];
    for (let seq = 1; seq <= 900; seq += 1) {
      for (const hostId of hostIds) registry.push(hostId, tick(seq, { layout }), seq * 1_000);
      registry.check(seq * 1_000);
      windows.push(registry.ringWindowMs);
    }

    expect(registry.ringBytes).toBeLessThanOrEqual(400_000);
    expect(new Set(windows.slice(-300)).size).toBe(1);
    expect(registry.ringWindowMs).toBeGreaterThan(100_000);
    expect(new Set(hostIds.map((hostId) => registry.host(hostId)!.ring.count)).size).toBe(1);
  });

  test('never reach back less than 30 s, and widen again when there is room', () => {
    const registry = new Registry({ ringBytesMax: 100_000, ringWindowMsMax: 300_000 });
    registry.put(identity(1));
    const wide = layoutOf(2_000);
    for (let seq = 1; seq <= 60; seq += 1) {
      registry.push(1, tick(seq, { layout: wide }), seq * 1_000);
      registry.check(seq * 1_000);
    }
    expect([registry.ringWindowMs, registry.host(1)!.ring.count]).toEqual([30_000, 31]);

    const roomy = new Registry({ ringBytesMax: 100_000, ringWindowMsMax: 300_000 });
    roomy.put(identity(1));
    check(roomy, 0, 60_000);
    expect(roomy.ringWindowMs).toBe(300_000);
  });
});
