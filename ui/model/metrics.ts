/** Names of the agent's metrics that the overview asks for. Everything else is found in the layout (`sections.ts`). */

/** Series of the overview, in the order in which the hub sends their values. Sums over the devices of a host. */
export const overviewKeys = [
  'cpu_used_percent',
  'memory_used_percent',
  'network_receive_total_bytes_per_sec',
  'network_transmit_total_bytes_per_sec',
  'disk_read_total_bytes_per_sec',
  'disk_write_total_bytes_per_sec',
] as const;

/** Index of each overview series in a row of values. */
export const overviewColumn = { cpu: 0, memory: 1, receive: 2, transmit: 3, read: 4, write: 5 } as const;

/** Values of one host in an `overview` message. */
export const overviewWidth: number = overviewKeys.length;

/** What a card shows, row by row: the sum of these columns, times `factor`. */
export interface CardRow {
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
}

export const cardRows: readonly CardRow[] = [
  { title: 'CPU', name: 'CPU', columns: [0], factor: 1, unit: 'percent', color: 'c1', max: 100 },
  { title: 'Mem', name: 'memory', columns: [1], factor: 1, unit: 'percent', color: 'c5', max: 100 },
  { title: 'Net', name: 'network', columns: [2, 3], factor: 8, unit: 'bits/s', color: 'c3', max: null },
  { title: 'Disk', name: 'disk', columns: [4, 5], factor: 1, unit: 'bytes/s', color: 'c2', max: null },
];
