/** Time since boot: /proc/uptime, see proc_uptime(5). */
import type { Collector } from '../readings.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup } from './series-group.ts';

/** Seconds since boot, suspended time included. Throws SyntaxError when the text does not start with a number. */
export function parseUptime(text: string): number {
  const match = /^\d+(\.\d+)?/.exec(text);
  if (match !== null) return Number(match[0]);
  throw new SyntaxError(`Cannot parse /proc/uptime: it must start with a number: got "${text.slice(0, 80)}"`);
}

export function uptimeCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/uptime`);
  const series = new SeriesGroup({ uptime: { name: 'uptime_seconds', unit: 's' } });
  return {
    name: 'uptime',
    everyMs: 0,
    collect(readings) {
      series.write(readings, 'uptime', Math.floor(parseUptime(file.readRequired())));
    },
  };
}
