/**
 * Which series the overview asks for, and what is shown of them. Everything else is found in the layout (`sections.ts`).
 * What clients push, and simulated hosts, have shorter names for the same figures.
 */
import type { FleetMetric } from '../route.ts';

/** Index of each figure in the values of a host. Sums over its devices. */
export const overviewColumn = {
  cpu: 0,
  memory: 1,
  receive: 2,
  transmit: 3,
  read: 4,
  write: 5,
  load: 6,
  uptime: 7,
  /** Percent, of hosts that do not tell what they read and write. */
  diskUsage: 8,
} as const;

/** Figures that are kept of a host. */
export const overviewWidth = 9;

/** Each series that is asked for and the figure it stands for; of two for the same the first that has a value counts. */
const overviewSeries: readonly (readonly [string, number])[] = [
  ['cpu_used_percent', overviewColumn.cpu],
  ['memory_used_percent', overviewColumn.memory],
  ['network_receive_total_bytes_per_sec', overviewColumn.receive],
  ['network_transmit_total_bytes_per_sec', overviewColumn.transmit],
  ['disk_read_total_bytes_per_sec', overviewColumn.read],
  ['disk_write_total_bytes_per_sec', overviewColumn.write],
  ['load_1m', overviewColumn.load],
  ['uptime_seconds', overviewColumn.uptime],
  ['cpu_usage', overviewColumn.cpu],
  ['memory_usage', overviewColumn.memory],
  ['network_in', overviewColumn.receive],
  ['network_out', overviewColumn.transmit],
  ['disk_usage', overviewColumn.diskUsage],
];

/** In the order in which the hub sends their values. */
export const overviewKeys: readonly string[] = overviewSeries.map(([key]) => key);
const columnOfKey = Int32Array.from(overviewSeries, ([, column]) => column);

/** Figures of one host from the values of its series, which stand in `values` from `offset`. Hot path: nothing is allocated. */
export function foldSeries(values: Float32Array, offset: number, figures: Float32Array): void {
  figures.fill(Number.NaN);
  for (let index = 0; index < columnOfKey.length; index += 1) {
    const value = values[offset + index]!;
    const column = columnOfKey[index]!;
    if (!Number.isNaN(value) && Number.isNaN(figures[column]!)) figures[column] = value;
  }
}

/** What a card shows, row by row: the sum of these columns, times `factor`. */
export interface CardRow {
  readonly metric: FleetMetric;
  readonly title: string;
  /** Full name, for people who do not see the card. */
  readonly name: string;
  readonly columns: readonly number[];
  readonly factor: number;
  readonly unit: string;
  /** Token of its colour. */
  readonly color: string;
  /** Upper end of the scale; null: as high as its values. */
  readonly max: number | null;
  /** What is shown of a host that has no value for this one. */
  readonly otherwise?: CardRow;
}

const diskUsage: CardRow = {
  ...{ metric: 'disk', title: 'Disk', name: 'disk space' },
  ...{ columns: [overviewColumn.diskUsage], factor: 1, unit: 'percent', color: 'c2', max: 100 },
};

export const cardRows: readonly CardRow[] = [
  { metric: 'cpu', title: 'CPU', name: 'CPU', columns: [0], factor: 1, unit: 'percent', color: 'c1', max: 100 },
  { metric: 'memory', title: 'Mem', name: 'memory', columns: [1], factor: 1, unit: 'percent', color: 'c5', max: 100 },
  {
    metric: 'network',
    title: 'Net',
    name: 'network',
    columns: [2, 3],
    factor: 8,
    unit: 'bits/s',
    color: 'c3',
    max: null,
  },
  {
    metric: 'disk',
    title: 'Disk',
    name: 'disk',
    columns: [4, 5],
    factor: 1,
    unit: 'bytes/s',
    color: 'c2',
    max: null,
    otherwise: diskUsage,
  },
];

export function metricRow(metric: FleetMetric): CardRow {
  return cardRows.find((row) => row.metric === metric)!;
}

/** The shown value of a row, of which `values` has its columns from `offset`: their sum, NaN when none has a value. */
export function rowValueAt(values: Float32Array, offset: number, row: CardRow): number {
  let sum = 0;
  let count = 0;
  for (const column of row.columns) {
    const value = values[offset + column]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum * row.factor;
}

/** What is shown of a host in the place of `row`. */
export function shownRow(values: Float32Array, row: CardRow): CardRow {
  const { otherwise } = row;
  if (otherwise === undefined || !Number.isNaN(rowValueAt(values, 0, row))) return row;
  return Number.isNaN(rowValueAt(values, 0, otherwise)) ? row : otherwise;
}

/** Mean of a row over hosts; null when none has a value. */
export function meanOf(hosts: Iterable<{ readonly values: Float32Array }>, row: CardRow): number | null {
  let sum = 0;
  let count = 0;
  for (const { values } of hosts) {
    const value = rowValueAt(values, 0, row);
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}

const families: readonly (readonly [string, FleetMetric | 'load'])[] = [
  ['cpu_', 'cpu'],
  ['pressure_cpu', 'cpu'],
  ['memory_', 'memory'],
  ['swap_', 'memory'],
  ['pressure_memory', 'memory'],
  ['network_', 'network'],
  ['disk_', 'disk'],
  ['pressure_io', 'disk'],
  ['load_', 'load'],
];

/** The figure of the overview that an alert on this series is about; null for another, and for one on the host itself. */
export function figureOf(seriesKey: string): FleetMetric | 'load' | null {
  return families.find(([prefix]) => seriesKey.startsWith(prefix))?.[1] ?? null;
}
