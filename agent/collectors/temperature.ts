/**
 * Temperatures: the sensors of /sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst of the kernel), else the
 * zones of /sys/class/thermal. Every 10 s, as a sensor may take milliseconds to answer; virtual machines have none.
 */
import { readdirSync } from 'node:fs';
import type { Collector } from '../readings.ts';
import { roundTo } from './numbers.ts';
import { errnoOf, type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesTable } from './series-group.ts';

const sensorsMax = 64;
/** Sensors come and go with their devices; looking for them costs more than reading them. */
const searchMs = 60_000;

interface Sensor {
  readonly name: string;
  readonly file: ProcFile;
}

/** Thousandths of a degree as degrees; null for a text that is no number, or no temperature (a sensor that is not wired). */
export function parseTemperature(text: string): number | null {
  const match = /^-?\d+/.exec(text);
  if (match === null) return null;
  const celsius = roundTo(Number(match[0]) / 1_000, 1);
  return celsius > -100 && celsius < 250 ? celsius : null;
}

export function temperatureCollector(folders: HostFolders): Collector {
  const table = new SeriesTable({
    metrics: { celsius: { name: 'temperature_celsius', unit: 'celsius' } },
    label: 'sensor',
    thingsMax: sensorsMax,
  });
  let sensors: readonly Sensor[] = [];
  let searchedAtMs = Number.NaN;

  return {
    name: 'temperature',
    everyMs: 10_000,
    collect(readings, { nowMonotonicMs }) {
      if (!(nowMonotonicMs - searchedAtMs < searchMs)) {
        for (const { file } of sensors) file.close();
        sensors = findSensors(folders.sys);
        searchedAtMs = nowMonotonicMs;
      }
      for (const { name, file } of sensors) {
        const celsius = parseTemperature(file.read() ?? '');
        // Touched all the same: a sensor that does not answer has failed, it has not gone.
        const group = table.touch(name);
        if (celsius !== null) group?.write(readings, 'celsius', celsius);
      }
      table.sweep(readings);
    },
  };
}

function findSensors(sys: string): readonly Sensor[] {
  const chips = namesIn(`${sys}/class/hwmon`).flatMap((chip) => findChipSensors(`${sys}/class/hwmon/${chip}`));
  const sensors = chips.length > 0 ? chips : findZones(`${sys}/class/thermal`);
  return withUniqueNames(sensors).slice(0, sensorsMax);
}

/** Named by chip and label: `coretemp/Core 0`; by the number of the input where it has no label. */
function findChipSensors(folder: string): readonly Sensor[] {
  const chip = lineIn(`${folder}/name`) ?? 'hwmon';
  return namesIn(folder).flatMap((entry) => {
    const input = /^(temp\d+)_input$/.exec(entry)?.[1];
    if (input === undefined) return [];
    const label = lineIn(`${folder}/${input}_label`) ?? input;
    return [{ name: `${chip}/${label}`, file: new ProcFile(`${folder}/${entry}`) }];
  });
}

function findZones(folder: string): readonly Sensor[] {
  return namesIn(folder)
    .filter((name) => /^thermal_zone\d+$/.test(name))
    .map((zone) => ({ name: lineIn(`${folder}/${zone}/type`) ?? zone, file: new ProcFile(`${folder}/${zone}/temp`) }));
}

/** Two disks of one kind have the same names: the second gets a number. */
function withUniqueNames(sensors: readonly Sensor[]): readonly Sensor[] {
  const counts = new Map<string, number>();
  return sensors.map((sensor) => {
    const count = (counts.get(sensor.name) ?? 0) + 1;
    counts.set(sensor.name, count);
    return count === 1 ? sensor : { ...sensor, name: `${sensor.name}#${count}` };
  });
}

/** In the order of their numbers, so that names keep their sensors. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch (error) {
    errnoOf(error);
    return [];
  }
}

function lineIn(path: string): string | null {
  const file = new ProcFile(path);
  const line = file.read()?.trim();
  file.close();
  return line === undefined || line === '' ? null : line;
}
