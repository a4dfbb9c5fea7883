import { describe, expect, test } from 'vitest';
import type { ScriptReport, ScriptReports } from '#core/message.ts';
import type { ReportChange } from '../store/scripts.ts';
import { ScriptReportBook } from './script-reports.ts';

function reportOf(name: string): ScriptReport {
  return {
    ...{ name, version: 1, state: 'waiting', problem: '', exitCode: null, durationMs: null, lastRunMs: null },
    ...{ nextRunMs: null, runCount: 0, failureCount: 0, seriesCount: 0, output: '', errors: '' },
  };
}

function messageOf(names: readonly string[], isWhole = false): ScriptReports {
  return { kind: 'scriptReports', door: 'open', problem: '', keys: [], isWhole, reports: names.map(reportOf) };
}

/** A hub that knows the scripts one and two. */
class Rig {
  /** While the database is away: what happens before it says so. */
  away: (() => void) | null = null;
  stored: ReportChange[] = [];
  readonly book = new ScriptReportBook({
    store: {
      reportedScripts: async () => [],
      storeScriptReports: async (changes) => {
        if (this.away !== null) {
          this.away();
          throw new Error('away');
        }
        this.stored.push(...changes);
      },
    },
    hostOf: () => undefined,
    isKnown: (name) => ['one', 'two'].includes(name),
    audit: () => {},
    nowMs: () => 0,
  });

  async storedNow(): Promise<ReportChange[]> {
    this.stored = [];
    await this.book.store();
    return this.stored;
  }
}

describe('what waits of one agent', () => {
  test('has each name once, however often it is said and whatever the database does', async () => {
    const hub = new Rig();
    hub.book.reported(1, messageOf(['one'], true));
    for (let times = 0; times < 500; times += 1) hub.book.reported(1, messageOf(Array(32).fill('one')));
    hub.away = () => {
      for (let times = 0; times < 500; times += 1) hub.book.reported(1, messageOf(['two', 'made up']));
    };
    for (let times = 0; times < 3; times += 1) await expect(hub.book.store()).rejects.toThrow('away');
    hub.away = null;

    const [change] = await hub.storedNow();
    expect(change).toMatchObject({ hostId: 1, onlyNames: ['one', 'two'] });
    expect(change!.reports.map(({ report }) => report.name).sort()).toEqual(['one', 'two']);
    expect(hub.book.waitingCount).toBe(0);
  });

  test('says nothing of other names before a whole list has come', async () => {
    const hub = new Rig();
    hub.book.reported(1, messageOf(['one']));
    expect(await hub.storedNow()).toMatchObject([{ onlyNames: null }]);
    hub.book.reported(1, messageOf([], true));
    expect(await hub.storedNow()).toMatchObject([{ onlyNames: [], reports: [] }]);
  });
});
