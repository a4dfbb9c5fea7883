/** Load averages: /proc/loadavg, see proc_loadavg(5). */
import type { Collector } from '../readings.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup } from './series-group.ts';

/** Load over the last 1, 5 and 15 minutes. Throws SyntaxError when the text does not start with three numbers. */
export function parseLoad(text: string): readonly [number, number, number] {
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) /.exec(text);
  if (match === null) {
    throw new SyntaxError(`Cannot parse /proc/loadavg: it must start with three numbers: got "${text.slice(0, 80)}"`);
  }
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

export function loadCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/loadavg`);
  const series = new SeriesGroup({
    one: { name: 'load_1m', unit: '1' },
    five: { name: 'load_5m', unit: '1' },
    fifteen: { name: 'load_15m', unit: '1' },
  });
  return {
    name: 'load',
    everyMs: 0,
    collect(readings) {
      const [one, five, fifteen] = parseLoad(file.readRequired());
      series.write(readings, 'one', one);
      series.write(readings, 'five', five);
      series.write(readings, 'fifteen', fifteen);
    },
  };
}
