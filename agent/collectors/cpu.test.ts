import { describe, expect, test } from 'vitest';
import { cpuCollector, cpuShares, cpuUsedPercent, parseStat } from './cpu.ts';
import { hostWith, runOf } from './testing/host.ts';

const captured = `cpu  9791 0 2614 150599 180 0 57 11 500 20
cpu0 5526 0 1051 74965 14 0 17 4 0 0
cpu3 4264 0 1562 75633 166 0 40 6 0 0
intr 1234 0 9 0 0
ctxt 456789
btime 1700000000
processes 4816
procs_running 2
procs_blocked 1
softirq 99 1 2 3
`;

/** A file whose total and only core have these clock ticks of user, system, idle and iowait. */
function stat(user: number, system: number, idle: number, iowait = 0): string {
  const times = `${user} 0 ${system} ${idle} ${iowait} 0 0 0 0 0`;
  return `cpu  ${times}\ncpu0 ${times}\nprocs_running 1\nprocs_blocked 0\n`;
}

describe('parseStat()', () => {
  test('reads total, cores by number, and the counts of processes', () => {
    const { total, cores, runningCount, blockedCount } = parseStat(captured);
    expect([...total]).toEqual([9791, 0, 2614, 150599, 180, 0, 57, 11]);
    expect([...cores.keys()]).toEqual([0, 3]);
    expect([...cores.get(3)!]).toEqual([4264, 0, 1562, 75633, 166, 0, 40, 6]);
    expect([runningCount, blockedCount]).toEqual([2, 1]);
  });

  test('takes columns that an old kernel does not have as 0', () => {
    expect([...parseStat('cpu  1 2 3 4\n').total]).toEqual([1, 2, 3, 4, 0, 0, 0, 0]);
  });

  test('keeps at most 64 cores', () => {
    const lines = Array.from({ length: 200 }, (_, core) => `cpu${core} 1 0 0 1 0 0 0 0 0 0`);
    expect(parseStat(`cpu  1 0 0 1\n${lines.join('\n')}\n`).cores.size).toBe(64);
  });

  test.each(['', 'intr 1\n', 'cpu0 1 2 3 4\n'])('refuses %j', (text) => {
    expect(() => parseStat(text)).toThrow(SyntaxError);
  });
});

describe('shares', () => {
  const times = (...ticks: number[]) => Float64Array.from(ticks);
  const before = times(10, 0, 10, 80, 0, 0, 0, 0);

  test('add up to the time that passed', () => {
    const after = times(20, 0, 15, 160, 5, 0, 0, 0);
    expect([...cpuShares(before, after)]).toEqual([10, 0, 5, 80, 5, 0, 0, 0]);
    expect(cpuUsedPercent(before, after)).toBe(15);
  });

  test('count a mode that went back as none', () => {
    expect([...cpuShares(before, times(20, 0, 10, 70, 0, 0, 0, 0))]).toEqual([100, 0, 0, 0, 0, 0, 0, 0]);
    expect(cpuUsedPercent(before, times(20, 0, 10, 70, 0, 0, 0, 0))).toBe(100);
  });

  test('are NaN when no time has passed', () => {
    expect(cpuUsedPercent(before, before)).toBeNaN();
  });
});

describe('cpuCollector()', () => {
  test('has nothing due at first, then the shares of each interval', () => {
    const host = hostWith({ 'proc/stat': stat(100, 50, 850) });
    const run = runOf(cpuCollector(host.folders));
    expect(run.at(0)).toMatchObject({ cpu_used_percent: 'notDue', 'cpu_mode_percent{mode="user"}': 'notDue' });
    host.write({ 'proc/stat': stat(130, 60, 900, 10) });
    expect(run.at(1)).toEqual({
      cpu_used_percent: 40,
      'cpu_mode_percent{mode="user"}': 30,
      'cpu_mode_percent{mode="nice"}': 0,
      'cpu_mode_percent{mode="system"}': 10,
      'cpu_mode_percent{mode="idle"}': 50,
      'cpu_mode_percent{mode="iowait"}': 10,
      'cpu_mode_percent{mode="irq"}': 0,
      'cpu_mode_percent{mode="softirq"}': 0,
      'cpu_mode_percent{mode="steal"}': 0,
      'cpu_core_used_percent{core="0"}': 40,
      process_running: 1,
      process_blocked: 0,
    });
  });

  test('ends a core that was switched off and measures it anew when it is back', () => {
    const host = hostWith({ 'proc/stat': captured });
    const run = runOf(cpuCollector(host.folders));
    const key = 'cpu_core_used_percent{core="3"}';
    run.at(0);
    host.write({ 'proc/stat': captured.replace(/cpu3.*\n/, '') });
    expect(run.at(1)[key]).toBe('gone');
    host.write({ 'proc/stat': captured });
    expect(run.at(2)[key]).toBe('notDue');
  });

  test('fails, counted, while the file is empty', () => {
    const host = hostWith({ 'proc/stat': stat(1, 1, 1) });
    const run = runOf(cpuCollector(host.folders));
    run.at(0);
    host.write({ 'proc/stat': '' });
    expect(run.at(1)['cpu_used_percent']).toBe('failed');
    expect(run.sampler.failureCounts.get('cpu')).toBe(1);
  });
});
