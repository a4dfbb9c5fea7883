import { describe, expect, test } from 'vitest';
import { liveLine, outlookLines, progressLine, summaryLines } from './simulate-text.ts';

const plan = { hosts: 100, days: 30, perHour: 60, seed: 1 };
const outlook = {
  sampleCount: 21_600_000,
  rawDays: 14.77,
  rolledOnlyDays: 15.23,
  droppedDays: 0,
  bytes: 44_000_000,
  completeCount: 10,
  begunCount: 1,
  replacedCount: 0,
  newCount: 89,
  database: 'running',
} as const;

describe('outlookLines()', () => {
  test('says what is there, where it goes, and that old days go to the rollups only', () => {
    expect(outlookLines(plan, outlook)).toEqual([
      '100 hosts (host_0 to host_99), 30 days up to now, 60 entries per hour, 5 metrics, seed 1',
      'Hosts: 10 are there and stay as they are, 1 were begun and are finished, 89 are new. Database: that of the hub that is running',
      'Raw ticks are kept for the newest 14.8 days; the 15.2 days before go to the rollups only (minutes and hours), as retention leaves them',
      'To write: about 21.6 million samples, 44 MB, 18 s',
    ]);
  });

  test('says what is too old for anything', () => {
    const lines = outlookLines({ ...plan, hosts: 1, days: 1_126 }, { ...outlook, droppedDays: 30.2 });
    expect(lines[0]).toContain('1 host (host_0), 1126 days');
    expect(lines).toContain('The oldest 30.2 days are older than anything that is kept, and left out');
  });
});

test('progressLine() says how far, how fast and how long', () => {
  const progress = { hostCount: 100, completeCount: 37, tickCount: 1_600_000, part: 0.375 };
  expect(progressLine(progress, 7_500)).toBe('37 of 100 hosts, 37 %, 1.07 million samples/s, 13 s left');
});

describe('summaryLines()', () => {
  const tiers = [{ tier: 'raw', sampleCount: 10_700_000, rowCount: 1_500, byteCount: 14_300_000 }] as const;
  const summary = { hostCount: 100, completeCount: 100, toMs: 0, tickCount: 4_300_000, durationMs: 18_000, tiers };

  test('says what was made and what is stored', () => {
    expect(summaryLines(plan, summary)).toEqual([
      'Made 21.5 million samples in 18 s (1.19 million a second)',
      '  raw:       10.7 million samples in 1500 rows, 14 MB (1.34 bytes each)',
    ]);
  });

  test('says how to go on when it was stopped', () => {
    expect(summaryLines(plan, { ...summary, completeCount: 37 }).at(-1)).toBe(
      'Stopped: 37 of 100 hosts have their history. Go on with: pulsewire simulate --hosts 100 --days 30 --per-hour 60 --seed 1',
    );
  });

  test('says when there was nothing to do', () => {
    const lines = summaryLines(plan, { ...summary, tickCount: 0, toMs: Date.UTC(2026, 10, 26) });
    expect(lines[0]).toBe(
      'Nothing to write, all 100 hosts are there: their history ends at 2026-11-26T00:00:00.000Z; --replace makes another',
    );
  });
});

test('liveLine() tells agents that are down by their curves from those that are not connected', () => {
  expect(liveLine({ agentCount: 10, upCount: 9, openCount: 8, tickCount: 77 })).toBe(
    'Live: 8 of 10 agents connected, 1 down as their curves say, 77 ticks sent',
  );
});
