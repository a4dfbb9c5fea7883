/**
 * The metrics that the dashboard knows, as a table: which section, which chart, which line; those of the agent, and
 * those that clients who push are known to send (`cpu_usage` and the like). `charts.ts` applies it.
 */

/** `stack`: layers on each other; `mirror`: up and down from zero; `heat`: a row for each series. */
export type ChartKind = 'line' | 'stack' | 'mirror' | 'heat';

/** A line for each series of `metric` (with this label value, where one is named). */
export interface LineRule {
  readonly metric: string;
  readonly label?: string;
  readonly title?: string;
  readonly color?: string;
  readonly isBelow?: boolean;
}

export interface ChartRule {
  readonly title: string;
  readonly note: string;
  readonly kind: ChartKind;
  readonly lines: readonly LineRule[];
  readonly unit?: string;
  readonly factor?: number;
  readonly min?: number;
  readonly max?: number;
  readonly maxMetric?: string;
  /** What all layers together are: a rule on it has its line here. */
  readonly sumMetric?: string;
  /** The same in percent of `maxMetric`. */
  readonly shareMetric?: string;
  /** One chart for each value of this label, with the value as its title. */
  readonly per?: string;
}

export interface SectionRule {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly ChartRule[];
  /** Metrics that are shown elsewhere: in the header, as a scale, as the sum of what is drawn. */
  readonly used?: readonly string[];
  readonly special?: 'filesystems' | 'processes';
}

/** In the order of the page. */
export const sectionRules: readonly SectionRule[] = [
  {
    id: 'cpu',
    title: 'CPU',
    used: ['cpu_used_percent'],
    charts: [
      {
        title: 'Utilisation',
        note: 'all cores',
        kind: 'stack',
        max: 100,
        sumMetric: 'cpu_used_percent',
        lines: [
          { metric: 'cpu_mode_percent', label: 'user', title: 'User', color: 'c1' },
          { metric: 'cpu_mode_percent', label: 'system', title: 'System', color: 'c5' },
          { metric: 'cpu_mode_percent', label: 'iowait', title: 'IO wait', color: 'c2' },
          { metric: 'cpu_mode_percent', label: 'steal', title: 'Steal', color: 'c4' },
          { metric: 'cpu_mode_percent', label: 'nice', title: 'Nice', color: 'c7' },
          { metric: 'cpu_mode_percent', label: 'irq', title: 'IRQ', color: 'c6' },
          { metric: 'cpu_mode_percent', label: 'softirq', title: 'Soft IRQ', color: 'c8' },
        ],
      },
      {
        title: 'CPU used',
        note: 'share of all cores',
        kind: 'line',
        min: 0,
        max: 100,
        lines: [{ metric: 'cpu_usage', title: 'Used', color: 'c1' }],
      },
      {
        title: 'Per core',
        note: 'one row per core',
        kind: 'heat',
        max: 100,
        lines: [{ metric: 'cpu_core_used_percent' }],
      },
    ],
  },
  {
    id: 'load',
    title: 'Load and pressure',
    charts: [
      {
        title: 'Load average',
        note: 'tasks running or waiting',
        kind: 'line',
        min: 0,
        lines: [
          { metric: 'load_1m', title: '1 m', color: 'c1' },
          { metric: 'load_5m', title: '5 m', color: 'c2' },
          { metric: 'load_15m', title: '15 m', color: 'c9' },
        ],
      },
      {
        title: 'Pressure',
        note: 'share of time stalled',
        kind: 'line',
        min: 0,
        lines: [
          { metric: 'pressure_cpu_some_percent', title: 'CPU', color: 'c1' },
          { metric: 'pressure_io_some_percent', title: 'IO', color: 'c2' },
          { metric: 'pressure_memory_some_percent', title: 'Memory', color: 'c5' },
          { metric: 'pressure_io_full_percent', title: 'IO, all', color: 'c8' },
          { metric: 'pressure_memory_full_percent', title: 'Memory, all', color: 'c6' },
        ],
      },
    ],
  },
  {
    id: 'memory',
    title: 'Memory',
    used: ['memory_used_percent', 'memory_total_bytes', 'swap_total_bytes', 'swap_used_percent'],
    charts: [
      {
        title: 'Memory',
        note: 'used is what is not available',
        kind: 'stack',
        maxMetric: 'memory_total_bytes',
        shareMetric: 'memory_used_percent',
        lines: [{ metric: 'memory_used_bytes', title: 'Used', color: 'c5' }],
      },
      {
        title: 'Memory used',
        note: 'share of all memory',
        kind: 'line',
        min: 0,
        max: 100,
        lines: [{ metric: 'memory_usage', title: 'Used', color: 'c5' }],
      },
      {
        title: 'Available and caches',
        note: '',
        kind: 'line',
        min: 0,
        lines: [
          { metric: 'memory_available_bytes', title: 'Available', color: 'c1' },
          { metric: 'memory_cached_bytes', title: 'Cached', color: 'c3' },
          { metric: 'memory_buffers_bytes', title: 'Buffers', color: 'c7' },
          { metric: 'memory_free_bytes', title: 'Free', color: 'c9' },
        ],
      },
      {
        title: 'Swap',
        note: 'used',
        kind: 'line',
        min: 0,
        maxMetric: 'swap_total_bytes',
        shareMetric: 'swap_used_percent',
        lines: [{ metric: 'swap_used_bytes', title: 'Used', color: 'c8' }],
      },
      {
        title: 'Swap traffic',
        note: 'in above, out below',
        kind: 'mirror',
        lines: [
          { metric: 'swap_in_bytes_per_sec', title: 'In', color: 'c3' },
          { metric: 'swap_out_bytes_per_sec', title: 'Out', color: 'c2', isBelow: true },
        ],
      },
    ],
  },
  {
    id: 'disk',
    title: 'Disk IO',
    used: ['disk_busy_max_percent', 'disk_read_total_bytes_per_sec', 'disk_write_total_bytes_per_sec'],
    charts: [
      {
        title: 'Throughput',
        note: 'read above, write below',
        kind: 'mirror',
        per: 'device',
        lines: [
          { metric: 'disk_read_bytes_per_sec', title: 'Read', color: 'c3' },
          { metric: 'disk_write_bytes_per_sec', title: 'Write', color: 'c2', isBelow: true },
        ],
      },
      {
        title: 'Operations',
        note: 'reads above, writes below',
        kind: 'mirror',
        per: 'device',
        lines: [
          { metric: 'disk_reads_per_sec', title: 'Reads', color: 'c3' },
          { metric: 'disk_writes_per_sec', title: 'Writes', color: 'c2', isBelow: true },
        ],
      },
      {
        title: 'Latency',
        note: 'time of one operation',
        kind: 'line',
        min: 0,
        per: 'device',
        lines: [
          { metric: 'disk_read_latency_ms', title: 'Read', color: 'c3' },
          { metric: 'disk_write_latency_ms', title: 'Write', color: 'c2' },
        ],
      },
      {
        title: 'Busy',
        note: 'share of time with work',
        kind: 'line',
        min: 0,
        max: 100,
        lines: [{ metric: 'disk_busy_percent' }],
      },
    ],
  },
  {
    id: 'filesystems',
    title: 'Filesystems',
    special: 'filesystems',
    used: ['filesystem_used_max_percent'],
    charts: [
      {
        title: 'Used',
        note: 'share of each',
        kind: 'line',
        min: 0,
        max: 100,
        lines: [{ metric: 'filesystem_used_percent' }, { metric: 'disk_usage', title: 'Disk' }],
      },
    ],
  },
  {
    id: 'network',
    title: 'Network',
    used: ['network_receive_total_bytes_per_sec', 'network_transmit_total_bytes_per_sec'],
    charts: [
      {
        title: 'Traffic',
        note: 'receive above, transmit below',
        kind: 'mirror',
        unit: 'bits/s',
        factor: 8,
        per: 'interface',
        lines: [
          { metric: 'network_receive_bytes_per_sec', title: 'Rx', color: 'c3' },
          { metric: 'network_transmit_bytes_per_sec', title: 'Tx', color: 'c1', isBelow: true },
          { metric: 'network_in', title: 'In', color: 'c3' },
          { metric: 'network_out', title: 'Out', color: 'c1', isBelow: true },
        ],
      },
      {
        title: 'Packets',
        note: 'receive above, transmit below',
        kind: 'mirror',
        per: 'interface',
        lines: [
          { metric: 'network_receive_packets_per_sec', title: 'Rx', color: 'c3' },
          { metric: 'network_transmit_packets_per_sec', title: 'Tx', color: 'c1', isBelow: true },
        ],
      },
      {
        title: 'Errors and drops',
        note: 'packets lost',
        kind: 'line',
        min: 0,
        per: 'interface',
        lines: [
          { metric: 'network_receive_errors_per_sec', title: 'Rx errors', color: 'c4' },
          { metric: 'network_transmit_errors_per_sec', title: 'Tx errors', color: 'c8' },
          { metric: 'network_receive_drops_per_sec', title: 'Rx drops', color: 'c3' },
          { metric: 'network_transmit_drops_per_sec', title: 'Tx drops', color: 'c1' },
        ],
      },
    ],
  },
  {
    id: 'tcp',
    title: 'TCP',
    charts: [
      {
        title: 'Connections',
        note: 'in use',
        kind: 'line',
        min: 0,
        lines: [
          { metric: 'tcp_connections', label: 'established', title: 'Established', color: 'c1' },
          { metric: 'tcp_connections', label: 'time_wait', title: 'Time wait', color: 'c2' },
          { metric: 'tcp_connections', label: 'close_wait', title: 'Close wait', color: 'c4' },
          { metric: 'tcp_connections', label: 'listen', title: 'Listen', color: 'c9' },
        ],
      },
      {
        title: 'Connections on the way',
        note: 'opening and closing',
        kind: 'line',
        min: 0,
        lines: [{ metric: 'tcp_connections' }],
      },
    ],
  },
  {
    id: 'processes',
    title: 'Processes',
    special: 'processes',
    charts: [
      {
        title: 'Process states',
        note: 'at the moment of the tick',
        kind: 'line',
        min: 0,
        lines: [
          { metric: 'process_running', title: 'Running', color: 'c1' },
          { metric: 'process_blocked', title: 'Blocked', color: 'c8' },
        ],
      },
      {
        title: 'Processes',
        note: 'and people logged in',
        kind: 'line',
        min: 0,
        lines: [
          { metric: 'process_count', title: 'Processes', color: 'c1' },
          { metric: 'logged_in_users', title: 'Users', color: 'c9' },
        ],
      },
      {
        title: 'Open files',
        note: 'whole system',
        kind: 'line',
        lines: [{ metric: 'open_files', title: 'Open', color: 'c2' }],
      },
    ],
  },
  {
    id: 'temperatures',
    title: 'Temperatures',
    charts: [{ title: 'Temperatures', note: '', kind: 'line', lines: [{ metric: 'temperature_celsius' }] }],
  },
];
