/**
 * The series of a measured host: named as real agents name them, so that the dashboard makes of them what people see, and
 * in an order in which the values of the data set (by the place of a metric, modulo 5: two percentages, a counter,
 * a whole number, a constant) suit what they are called. More than 24 charts come of them.
 */
import { formatSeriesKey } from '#core/series.ts';
import type { SwarmSeries } from '../swarm/swarm.ts';

const percentages = [
  'cpu_used_percent',
  'memory_used_percent',
  ...['user', 'system', 'iowait', 'steal'].map((mode) => formatSeriesKey('cpu_mode_percent', { mode })),
  ...Array.from({ length: 8 }, (_, core) => formatSeriesKey('cpu_core_used_percent', { core: String(core) })),
  ...['cpu_some', 'memory_some', 'memory_full', 'io_some', 'io_full'].map((name) => `pressure_${name}_percent`),
  ...['nvme0n1', 'nvme1n1'].map((device) => formatSeriesKey('disk_busy_percent', { device })),
  ...['shop', 'search', 'mail', 'jobs', 'cache'].map((pool) => formatSeriesKey('pool_used_percent', { pool })),
];

const counters = [
  'memory_cached_bytes',
  'memory_free_bytes',
  'uptime_seconds',
  ...['orders', 'mails', 'logins', 'imports', 'exports', 'images', 'searches', 'carts', 'payments', 'returns'].map(
    (name) => `shop_${name}_total`,
  ),
];

const rates = [
  'network_receive_total_bytes_per_sec',
  'network_transmit_total_bytes_per_sec',
  'disk_read_total_bytes_per_sec',
  'disk_write_total_bytes_per_sec',
  ...['receive', 'transmit'].flatMap((direction) =>
    ['bytes', 'packets'].map((what) => formatSeriesKey(`network_${direction}_${what}_per_sec`, { interface: 'eno1' })),
  ),
  ...['read', 'write'].flatMap((direction) => [
    formatSeriesKey(`disk_${direction}_bytes_per_sec`, { device: 'nvme0n1' }),
    formatSeriesKey(`disk_${direction}s_per_sec`, { device: 'nvme0n1' }),
  ]),
  'process_running',
];

const constants = [
  'memory_total_bytes',
  'memory_used_bytes',
  'load_1m',
  'load_5m',
  'load_15m',
  'swap_total_bytes',
  'swap_used_bytes',
  'open_files',
  'process_count',
  'process_blocked',
  'logged_in_users',
  'tls_certificate_days',
  'checkout_queue_depth',
];

/** 65 series: 13 rounds of two percentages, a counter, a rate and a constant. */
export const hostSeries: readonly SwarmSeries[] = counters.flatMap((_, round) =>
  [percentages[round * 2]!, percentages[round * 2 + 1]!, counters[round]!, rates[round]!, constants[round]!].map(
    (key) => ({ key, unit: unitOf(key) }),
  ),
);

/** What the overview shows of a host, and no more: for fleets of thousands. Six series, two of them percentages. */
export const overviewSeries: readonly SwarmSeries[] = [
  'cpu_used_percent',
  'memory_used_percent',
  'network_receive_total_bytes_per_sec',
  'disk_read_total_bytes_per_sec',
  'network_transmit_total_bytes_per_sec',
  'disk_write_total_bytes_per_sec',
].map((key) => ({ key, unit: unitOf(key) }));

function unitOf(key: string): string {
  if (key.includes('_percent')) return 'percent';
  if (key.includes('_bytes_per_sec')) return 'bytes/s';
  if (key.includes('_per_sec')) return '1/s';
  if (key.includes('_bytes')) return 'bytes';
  return key.includes('_seconds') ? 's' : '1';
}
