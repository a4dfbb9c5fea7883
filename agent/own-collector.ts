/**
 * The agent's own series: what it costs, what it holds, what it lost. Few on purpose, as every host carries them.
 */
import { SeriesGroup } from './collectors/series-group.ts';
import type { Collector } from './readings.ts';

export interface OwnReading {
  readonly spoolBytes: number;
  readonly spoolTicks: number;
  /** Ticks given up since the start, whatever the reason. */
  readonly lostTicks: number;
  readonly failingScripts: number;
  /** Series left out because the host has as many as it may, since the start. */
  readonly refusedSeries: number;
  /** Connections and attempts that ended without our wish, since the start. */
  readonly lostLinks: number;
  /** User and system time of the process, ms. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** Asks the spool and the kernel, so not at each tick. */
const everyMs = 10_000;

export function ownCollector(read: () => OwnReading): Collector {
  const series = new SeriesGroup({
    cpu: { name: 'agent_cpu_percent', unit: 'percent', kind: 'counter' },
    memory: { name: 'agent_memory_bytes', unit: 'bytes' },
    spoolBytes: { name: 'agent_spool_bytes', unit: 'bytes' },
    spoolTicks: { name: 'agent_spool_ticks', unit: '1' },
    lostTicks: { name: 'agent_ticks_lost', unit: '1' },
    lostLinks: { name: 'agent_links_lost', unit: '1' },
    failingScripts: { name: 'agent_scripts_failing', unit: '1' },
    refusedSeries: { name: 'agent_series_refused', unit: '1' },
  });
  let beforeCpuMs = Number.NaN;
  return {
    name: 'agent',
    everyMs,
    collect(readings, { elapsedMs }) {
      const now = read();
      const cpuPercent = ((now.cpuMs - beforeCpuMs) / elapsedMs) * 100;
      beforeCpuMs = now.cpuMs;
      series.write(readings, 'cpu', Math.round(cpuPercent * 100) / 100);
      series.write(readings, 'memory', now.memoryBytes);
      series.write(readings, 'spoolBytes', now.spoolBytes);
      series.write(readings, 'spoolTicks', now.spoolTicks);
      series.write(readings, 'lostTicks', now.lostTicks);
      series.write(readings, 'lostLinks', now.lostLinks);
      series.write(readings, 'failingScripts', now.failingScripts);
      series.write(readings, 'refusedSeries', now.refusedSeries);
    },
  };
}
