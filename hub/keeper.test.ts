import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { dayMs } from '#core/calendar.ts';
import type { RetentionOutcome } from './archive/retention-run.ts';
import { Keeper, type KeeperPorts, warningsOf } from './keeper.ts';
import type { StorageUse } from './store/chunks/storage-use.ts';

const GiB = 1024 ** 3;
const today = 20_800;
const clocks = { nowMs: today * dayMs + 5_000, nowMonotonicMs: 0 };
const use: StorageUse = { tiers: [], batches: 3, batchBytes: 100, databaseBytes: 5 * GiB };

class Harness {
  floors = { raw: today - 14, minute: 0, hour: 0 };
  outcome: RetentionOutcome = { raised: [], dropped: [], hold: null };
  isAway = false;
  reads = 0;
  readonly told: number[] = [];
  readonly logged: string[] = [];
  readonly keeper: Keeper;

  constructor(storageBytesMax: number | null = null) {
    const log = pino({ level: 'info' }, { write: (line: string) => this.logged.push(JSON.parse(line).msg) });
    const answer = async <T>(value: T): Promise<T> => {
      if (this.isAway) throw new Error('away');
      return value;
    };
    const report = { lastMs: null, hold: null, droppedPartitions: 0, droppedBytes: 0, droppedRows: 0 };
    const ports: KeeperPorts = {
      retain: () => answer(this.outcome),
      readFloors: () => answer(this.floors),
      readUse: () => {
        this.reads += 1;
        return answer(use);
      },
      readReport: () => answer(report),
      archiveEphemeral: () => answer(['job-7']),
      setRawFloor: async (day) => void this.told.push(day),
      readDiskFree: async () => 20 * GiB,
      log,
    };
    const settings = { keepDays: { raw: 14, minute: 90, hour: 1_096 }, storageBytesMax, ephemeralHours: 24 };
    this.keeper = new Keeper(ports, { settings, rawFloorDay: today - 14 });
  }
}

describe('Keeper', () => {
  test('tells the storage thread a floor that has risen, here or at another hub, once', async () => {
    const harness = new Harness();
    await harness.keeper.refresh();
    harness.floors = { ...harness.floors, raw: today - 12 };
    await harness.keeper.refresh();
    await harness.keeper.refresh();

    expect(harness.told).toEqual([today - 12]);
    expect(harness.keeper.rawFloorMs).toBe((today - 12) * dayMs);
  });

  test('logs what has gone, and a hold when it begins', async () => {
    const harness = new Harness();
    harness.outcome = {
      raised: [{ tier: 'raw', day: today - 14, why: 'age' }],
      dropped: [{ tier: 'raw', fromDay: today - 15 }],
      hold: 'clock-moved',
    };
    await harness.keeper.retain(clocks);
    harness.outcome = { raised: [], dropped: [], hold: 'clock-moved' };
    await harness.keeper.retain(clocks);
    harness.outcome = { raised: [], dropped: [], hold: 'needed' };
    await harness.keeper.retain(clocks);
    await harness.keeper.archiveEphemeral();

    expect(harness.logged).toEqual(['floor.raised', 'partition.dropped', 'retention.held', 'host.archived']);
  });

  test('knows a clock that is behind what has gone, and says so when it begins and when it ends', () => {
    const harness = new Harness();
    const floorMs = (today - 14) * dayMs;

    expect([floorMs, 5_000, 6_000, floorMs].map((nowMs) => harness.keeper.isClockBehind(nowMs))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(harness.logged).toEqual(['clock.behind', 'clock.set']);
  });

  test('counts at most every ten seconds, and again after a failure', async () => {
    const harness = new Harness();
    const at = (seconds: number) => harness.keeper.account({ ...clocks, nowMonotonicMs: seconds * 1_000 });
    harness.isAway = true;
    await expect(at(0)).rejects.toThrow('away');
    harness.isAway = false;
    await Promise.all([at(1), at(1), at(10)]);
    expect(harness.reads).toBe(2);
    await at(11);
    expect(harness.reads).toBe(3);
  });

  test('says that raw reaches less far back than it is to, and warns once when the bound is near', async () => {
    const harness = new Harness(6 * GiB);
    harness.floors = { ...harness.floors, raw: today - 9 };
    const account = await harness.keeper.account(clocks);
    await harness.keeper.account({ ...clocks, nowMonotonicMs: 60_000 });

    expect(account).toMatchObject({ isRawShortened: true, warnings: ['budget'], diskFreeBytes: 20 * GiB });
    expect(harness.keeper.newest).not.toBeNull();
    expect(harness.logged).toEqual(['storage.short']);
  });
});

test.each([
  ['nothing', { databaseBytes: 79, storageBytesMax: 100, diskFreeBytes: 2 * GiB }, []],
  ['the bound at 80 %', { databaseBytes: 80, storageBytesMax: 100, diskFreeBytes: null }, ['budget']],
  ['a disk with less than a GiB', { databaseBytes: 80, storageBytesMax: null, diskFreeBytes: GiB - 1 }, ['disk']],
  [
    'a disk with less than a twentieth of the database',
    { databaseBytes: 100 * GiB, storageBytesMax: null, diskFreeBytes: 4 * GiB },
    ['disk'],
  ],
])('warningsOf() names %s', (_, sizes, expected) => {
  expect(warningsOf(sizes)).toEqual(expected);
});
