import { beforeEach, describe, expect, test } from 'vitest';
import type { Readings, SeriesShape } from '../readings.ts';
import type { ScriptFile } from './folder.ts';
import { Script } from './script.ts';
import { defaultSettings, type ScriptReading } from './script-result.ts';
import { type KeyOwners, ScriptSeries, type WriteOptions } from './script-series.ts';

/** What happened to which series, in order: `key=value`, `key failed`, `key ended`. */
class RecordedReadings implements Readings {
  readonly shapes = new Map<string, string>();
  #events: string[] = [];

  slot(key: string, shape: SeriesShape): number {
    if (key === 'cpu') return -1;
    this.shapes.set(key, `${shape.kind} ${shape.unit} ${shape.everyMs ?? 0}`);
    return [...this.shapes.keys()].indexOf(key);
  }

  set(slot: number, value: number): void {
    this.#events.push(`${[...this.shapes.keys()][slot]}=${value}`);
  }

  setAbsent(slot: number, absence: string): void {
    this.#events.push(`${[...this.shapes.keys()][slot]} ${absence}`);
  }

  end(slot: number): void {
    this.#events.push(`${[...this.shapes.keys()][slot]} ended`);
  }

  take(): string[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function gauges(values: Readonly<Record<string, number>>): ScriptReading[] {
  return Object.entries(values).map(([key, value]) => ({ key, value, unit: '', kind: 'gauge' }));
}

function total(value: number, unit = ''): ScriptReading[] {
  return [{ key: 'sent', value, unit, kind: 'counter' }];
}

function at(takenMs: number, everyMs = 0): WriteOptions {
  return { takenMs, everyMs };
}

function fileOf(parts: Partial<ScriptFile> = {}): ScriptFile {
  const settings = defaultSettings;
  return { name: 'a.sh', path: '/m/a.sh', kind: 'executable', version: '1', settings, problem: null, ...parts };
}

let readings: RecordedReadings;
let owners: KeyOwners;

function seriesOf(name: string): ScriptSeries {
  return new ScriptSeries({ name, owners });
}

beforeEach(() => {
  readings = new RecordedReadings();
  owners = new Map();
});

describe('ScriptSeries', () => {
  test('write() sets what stands in the answer and ends what no longer does', () => {
    const series = seriesOf('a.sh');
    series.write(readings, gauges({ x: 1, y: 2 }), at(0));
    series.write(readings, gauges({ y: 3 }), at(1_000));
    series.write(readings, gauges({ x: 4, y: 5 }), at(2_000));
    expect(readings.take()).toEqual(['x=1', 'y=2', 'y=3', 'x ended', 'x=4', 'y=5']);
    expect(series.liveCount).toBe(2);
  });

  test('write() makes rates of running totals, and takes a fall for a new start', () => {
    const series = seriesOf('a.sh');
    for (const [value, takenMs] of [
      [100, 0],
      [300, 2_000],
      [50, 3_000],
      [Number.NaN, 4_000],
      [60, 5_000],
      [61, 5_500],
    ] as const) {
      series.write(readings, total(value, 'bytes'), at(takenMs));
    }
    expect(readings.take()).toEqual(['sent notDue', 'sent=100', 'sent=50', 'sent failed', 'sent notDue', 'sent=2']);
    expect(readings.shapes.get('sent')).toBe('counter bytes/s 0');
  });

  test('write() falls back to 1/s when a rate of the unit would not fit', () => {
    seriesOf('a.sh').write(readings, total(1, 'x'.repeat(32)), at(0));
    expect(readings.shapes.get('sent')).toBe('counter 1/s 0');
  });

  test('fail() makes every living series failed', () => {
    const series = seriesOf('a.sh');
    series.write(readings, gauges({ x: 1, y: 2 }), at(0));
    series.write(readings, gauges({ y: 2 }), at(1));
    readings.take();
    series.fail(readings);
    expect(readings.take()).toEqual(['y failed']);
  });

  test('a key belongs to the first script that has it, until its series ends', () => {
    const first = seriesOf('a.sh');
    const second = seriesOf('b.sh');
    expect(first.write(readings, gauges({ x: 1 }), at(0))).toBeNull();
    expect(second.write(readings, gauges({ x: 2, y: 3 }), at(0))).toBe(
      'Cannot use series "x": one script may have it: got it from a.sh as well',
    );
    first.endAll(readings);
    expect(second.write(readings, gauges({ x: 4, y: 5 }), at(1))).toBeNull();
    expect(readings.take()).toEqual(['x=1', 'y=3', 'x ended', 'x=4', 'y=5']);
  });

  test('write() gives a living series a new shape when the script says another', () => {
    const series = seriesOf('a.sh');
    series.write(readings, gauges({ x: 1 }), at(0));
    series.write(readings, gauges({ x: 2 }), at(1_000, 5_000));
    expect(readings.take()).toEqual(['x=1', 'x ended', 'x=2']);
    expect([readings.shapes.get('x'), series.liveCount]).toEqual(['gauge  5000', 1]);
  });

  test('write() leaves keys of the agent itself alone', () => {
    expect(seriesOf('a.sh').write(readings, gauges({ cpu: 1 }), at(0))).toContain('got a refusal');
    expect(readings.take()).toEqual([]);
  });

  test('write() bounds series that come and go, for as long as a layout may hold them', () => {
    const series = seriesOf('a.sh');
    for (let run = 0; run < 1_000; run += 1) series.write(readings, gauges({ [`n${run}`]: 1 }), at(run));
    expect(series.write(readings, gauges({ late: 1 }), at(1_000))).toContain('at most 1000 are allowed');
    expect(series.write(readings, gauges({ late: 1 }), at(700_000))).toBeNull();
  });
});

describe('Script', () => {
  function scriptOf(parts: Partial<ScriptFile> = {}): Script {
    return new Script(fileOf(parts), seriesOf('a.sh'));
  }

  function answerAt(script: Script, atMs: number, outcome: Parameters<Script['answer']>[0]): void {
    script.begin({ tickMs: atMs, nowMs: atMs });
    script.answer(outcome, { takenMs: atMs, nowMs: atMs + 5 });
    script.finish();
  }

  const good = { kind: 'values', readings: gauges({ x: 1 }), everyMs: 0 } as const;
  const hang = { kind: 'failed', error: 'hung', hung: true } as const;

  test('isDue() is true once each tick, and not while a run is in flight', () => {
    const script = scriptOf();
    expect([1_000, 1_000].map((tickMs) => script.isDue({ tickMs, nowMs: 0 }))).toEqual([true, false]);
    script.begin({ tickMs: 1_000, nowMs: 0 });
    expect(script.isDue({ tickMs: 2_000, nowMs: 1_000 })).toBe(false);
    script.finish();
    expect(script.isDue({ tickMs: 2_000, nowMs: 1_000 })).toBe(true);
  });

  test('isDue() follows its own interval on a grid', () => {
    const script = scriptOf({ settings: { ...defaultSettings, everyMs: 3_000 } });
    const turns: number[] = [];
    for (let tickMs = 0; tickMs < 13_000; tickMs += 1_000) {
      if (script.isDue({ tickMs, nowMs: tickMs })) turns.push(tickMs);
    }
    expect(turns[0]).toBe(0);
    expect(new Set(turns.slice(1).map((tickMs) => tickMs % 3_000)).size).toBe(1);
    expect(turns).toHaveLength(5);
  });

  test('answer() takes the interval that a module says', () => {
    const script = scriptOf({ kind: 'module' });
    script.isDue({ tickMs: 0, nowMs: 0 });
    answerAt(script, 0, { ...good, everyMs: 5_000 });
    let count = 0;
    for (let tickMs = 1_000; tickMs <= 10_000; tickMs += 1_000) {
      if (script.isDue({ tickMs, nowMs: tickMs })) count += 1;
    }
    expect(count).toBe(2);
  });

  test('a hang is followed by 10 s, then 20 s of probation, in which its series are failed', () => {
    const script = scriptOf();
    answerAt(script, 0, good);
    script.write(readings);
    const runs: number[] = [];
    for (let nowMs = 1_000; nowMs <= 60_000; nowMs += 1_000) {
      script.write(readings);
      if (!script.isDue({ tickMs: nowMs, nowMs })) continue;
      runs.push(nowMs);
      answerAt(script, nowMs, hang);
    }
    expect(runs).toEqual([1_000, 12_000, 33_000]);
    expect(readings.take().slice(0, 4)).toEqual(['x=1', 'x notDue', 'x failed', 'x failed']);
    expect(script.state).toMatchObject({ error: 'hung', runCount: 4, failureCount: 3, lastDurationMs: 5 });
  });

  test('a good run after a hang clears the count, and a changed file clears the probation', () => {
    const script = scriptOf();
    answerAt(script, 0, hang);
    expect(script.isDue({ tickMs: 1_000, nowMs: 1_000 })).toBe(false);
    script.replace(fileOf({ version: '2' }));
    expect(script.isDue({ tickMs: 1_000, nowMs: 1_000 })).toBe(true);
  });

  test('write() tells when the script begins and ceases to fail', () => {
    const script = scriptOf();
    const outcomes = [good, hang, hang, good, good];
    const changes = outcomes.map((outcome, index) => {
      answerAt(script, index, outcome);
      return script.write(readings);
    });
    expect(changes).toEqual([null, 'failed', null, 'recovered', null]);
  });

  test('a file that cannot be run is reported without a run', () => {
    const script = scriptOf({ problem: 'Cannot run script: no' });
    expect(script.isDue({ tickMs: 1, nowMs: 1 })).toBe(false);
    expect(script.write(readings)).toBe('failed');
    expect(script.state).toMatchObject({ error: 'Cannot run script: no', runCount: 0, failureCount: 0 });
  });

  test('a run that was replaced is no longer current', () => {
    const script = scriptOf();
    const run = script.begin({ tickMs: 0, nowMs: 0 });
    script.replace(fileOf({ version: '2' }));
    expect(script.isCurrent(run)).toBe(false);
  });
});
