import { expect, test } from 'vitest';
import { runOf } from './collectors/testing/host.ts';
import { type OwnReading, ownCollector } from './own-collector.ts';

test('the agent brings what it costs and what it holds into every tenth second', () => {
  const reading: OwnReading = {
    spoolBytes: 4_096,
    spoolTicks: 12,
    lostTicks: 3,
    failingScripts: 1,
    lostLinks: 2,
    refusedSeries: 5,
    cpuMs: 500,
    memoryBytes: 70_000_000,
  };
  let current = reading;
  const run = runOf(ownCollector(() => current));
  expect(run.at(0)).toMatchObject({ agent_cpu_percent: 'notDue', agent_spool_ticks: 12 });
  current = { ...reading, cpuMs: 530, spoolTicks: 0 };
  expect(run.at(1)).toMatchObject({ agent_spool_ticks: 'notDue' });
  expect(run.at(10)).toEqual({
    agent_cpu_percent: 0.3,
    agent_memory_bytes: 70_000_000,
    agent_spool_bytes: 4_096,
    agent_spool_ticks: 0,
    agent_ticks_lost: 3,
    agent_links_lost: 2,
    agent_scripts_failing: 1,
    agent_series_refused: 5,
  });
});
