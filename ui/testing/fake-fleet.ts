/** Seeded hosts with the series that real agents send, and values that are a pure function of time. */
import { createHash } from 'node:crypto';
import { fillAbsence, wordsOf, writeAbsence } from '#core/absence.ts';
import type { HostState, TopRow } from '#core/message.ts';
import { createLayout, formatSeriesKey, type Layout, type Series } from '#core/series.ts';
import { hash32 } from '#core/time.ts';

export interface FakeHost {
  readonly id: number;
  readonly name: string;
  alias: string;
  state: HostState;
  silentSinceMs: number | null;
  /** End of the downtime that it is in; 0 for none. */
  downtimeUntilMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
  readonly layout: Layout;
  readonly hasGap: boolean;
  valueOf(key: string, timeMs: number): number;
}

interface Shape {
  readonly base: number;
  /** Share of the base by which it swings. */
  readonly swing: number;
  readonly periodS: number;
  readonly max?: number;
}

const roles = [
  ['web', 'Storefront'],
  ['api', 'Public API'],
  ['db', 'Postgres'],
  ['cache', 'Valkey'],
  ['worker', 'Jobs'],
  ['edge', 'CDN edge'],
] as const;
const gib = 2 ** 30;

export function createFakeFleet(count: number, seed: number): FakeHost[] {
  return Array.from({ length: count }, (_, index) => {
    const [role, alias] = roles[index % roles.length]!;
    const name = `${role}-${String(Math.floor(index / roles.length) + 1).padStart(2, '0')}`;
    const load = 0.2 + 0.6 * unit(`${seed} ${name}`);
    const layout = createLayout({ intervalMs: 1_000, series: seriesOf(index) }, sha256);
    return {
      id: index + 1,
      name,
      alias: '',
      state: 'up',
      silentSinceMs: null,
      downtimeUntilMs: 0,
      hasGap: index % 3 === 0,
      tags: { alias, role, env: index % 5 === 4 ? 'staging' : 'prod', dc: ['fra1', 'ams2', 'iad1'][index % 3]! },
      facts: {
        os: 'Debian GNU/Linux 12 (bookworm)',
        kernel: '6.1.0-28',
        arch: 'x64',
        cpu_model: 'AMD EPYC 7443P',
        cores: '16',
        memory_bytes: String(62.7 * gib),
        agent_version: '0.1.0',
      },
      layout,
      valueOf: (key, timeMs) => valueAt(`${seed} ${name} ${key}`, shapeOf(key, load), timeMs),
    };
  });
}

/** One tick in layout order: series with a longer interval are *not due* in between, one sensor fails at times. */
export function fakeTick(host: FakeHost, timeMs: number): Float64Array {
  const column = new Float64Array(host.layout.series.length);
  fillAbsence(column, 'failed');
  const words = wordsOf(column);
  const second = Math.floor(timeMs / 1_000);
  for (const [index, series] of host.layout.series.entries()) {
    if (second % series.every !== 0) writeAbsence(words, index, 'notDue');
    else if (!(series.key.includes('Composite') && second % 120 < 20)) column[index] = host.valueOf(series.key, timeMs);
  }
  return column;
}

export function fakeProcesses(host: FakeHost, timeMs: number): TopRow[] {
  const names = [
    'php-fpm: pool shop',
    'nginx: worker',
    'redis-server',
    'postgres: checkpointer',
    'vector',
    'pulsewire-agent',
    'sshd',
  ];
  return names.map((name, index) => ({
    pid: 700 + index * 913,
    name,
    cpuPercent: valueAt(`${host.name} ${name}`, { base: 180 / (index * index + 1), swing: 0.6, periodS: 20 }, timeMs),
    memoryBytes: (6 / (index + 1)) * gib,
    user: ['www-data', 'www-data', 'redis', 'postgres', 'root', 'pulsewire', 'root'][index]!,
  }));
}

function seriesOf(index: number): Series[] {
  const series: Series[] = [];
  const add = (name: string, unitText: string, labels: Readonly<Record<string, string>> = {}, every = 1) =>
    series.push({ key: formatSeriesKey(name, labels), unit: unitText, kind: 'gauge', every });

  add('cpu_used_percent', 'percent');
  for (const mode of ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'])
    add('cpu_mode_percent', 'percent', { mode });
  for (let core = 0; core < 16; core += 1) add('cpu_core_used_percent', 'percent', { core: String(core) });
  for (const name of ['load_1m', 'load_5m', 'load_15m', 'process_running', 'process_blocked', 'open_files'])
    add(name, '1');
  for (const name of ['cpu_some', 'memory_some', 'memory_full', 'io_some', 'io_full'])
    add(`pressure_${name}_percent`, 'percent');
  for (const name of ['total', 'used', 'available', 'free', 'buffers', 'cached']) add(`memory_${name}_bytes`, 'bytes');
  add('memory_used_percent', 'percent');
  add('swap_total_bytes', 'bytes');
  add('swap_used_bytes', 'bytes');
  for (const device of ['nvme0n1', 'nvme1n1']) {
    for (const name of ['disk_read_bytes_per_sec', 'disk_write_bytes_per_sec']) add(name, 'bytes/s', { device });
    for (const name of ['disk_reads_per_sec', 'disk_writes_per_sec']) add(name, '1/s', { device });
    for (const name of ['disk_read_latency_ms', 'disk_write_latency_ms']) add(name, 'ms', { device });
    add('disk_busy_percent', 'percent', { device });
  }
  for (const name of ['disk_read_total', 'disk_write_total', 'network_receive_total', 'network_transmit_total'])
    add(`${name}_bytes_per_sec`, 'bytes/s');
  for (const mount of ['/', '/var', '/srv/media', '/boot']) {
    for (const name of ['total', 'used', 'available']) add(`filesystem_${name}_bytes`, 'bytes', { mount }, 10);
    add('filesystem_used_percent', 'percent', { mount }, 10);
    add('filesystem_inodes_used_percent', 'percent', { mount }, 10);
  }
  for (const direction of ['receive', 'transmit']) {
    add(`network_${direction}_bytes_per_sec`, 'bytes/s', { interface: 'eno1' });
    for (const what of ['packets', 'errors', 'drops'])
      add(`network_${direction}_${what}_per_sec`, '1/s', { interface: 'eno1' });
  }
  for (const state of ['established', 'syn_sent', 'time_wait', 'close_wait', 'last_ack', 'listen'])
    add('tcp_connections', '1', { state }, 10);
  add('process_count', '1', {}, 10);
  add('logged_in_users', '1', {}, 10);
  add('uptime_seconds', 's');
  for (const sensor of ['coretemp/Package id 0', 'nvme/Composite', 'acpitz/temp1'])
    add('temperature_celsius', 'celsius', { sensor }, 10);
  if (index % 2 === 0) {
    for (const code of ['2xx', '4xx', '5xx']) add('nginx_requests_per_sec', '1/s', { code, zone: 'shop' }, 5);
    add('checkout_queue_depth', '');
    add('tls_certificate_days', 'days');
  }
  return series;
}

/** The first pattern that the key contains. Shares of the load make busy and idle hosts. */
function shapeOf(key: string, load: number): Shape {
  const shapes: readonly (readonly [string, Shape])[] = [
    ['cpu_used_percent', { base: 70 * load, swing: 0.5, periodS: 40, max: 100 }],
    ['mode="user"', { base: 52 * load, swing: 0.5, periodS: 40 }],
    ['mode="system"', { base: 14 * load, swing: 0.5, periodS: 30 }],
    ['mode="iowait"', { base: 3, swing: 1.5, periodS: 12 }],
    ['mode="idle"', { base: 40, swing: 0.2, periodS: 20 }],
    ['mode=', { base: 0.4, swing: 1, periodS: 15 }],
    ['cpu_core', { base: 80 * load, swing: 0.9, periodS: 17, max: 100 }],
    ['load_', { base: 14 * load, swing: 0.3, periodS: 120 }],
    ['pressure_', { base: 5 * load, swing: 1.2, periodS: 20, max: 100 }],
    ['memory_total', { base: 62.7 * gib, swing: 0, periodS: 1 }],
    ['memory_used_percent', { base: 30 + 50 * load, swing: 0.03, periodS: 90, max: 100 }],
    ['memory_used', { base: 34 * gib, swing: 0.05, periodS: 90 }],
    ['memory_available', { base: 28.7 * gib, swing: 0.05, periodS: 90 }],
    ['memory_cached', { base: 19 * gib, swing: 0.06, periodS: 130 }],
    ['memory_', { base: 2 * gib, swing: 0.2, periodS: 70 }],
    ['swap_total', { base: 4 * gib, swing: 0, periodS: 1 }],
    ['swap_used', { base: 0.4 * gib, swing: 0.1, periodS: 200 }],
    ['latency', { base: 0.5, swing: 0.9, periodS: 14 }],
    ['disk_busy', { base: 30 * load, swing: 0.8, periodS: 12, max: 100 }],
    ['s_per_sec{device', { base: 420 * load, swing: 0.8, periodS: 11 }],
    ['disk_', { base: 3e7 * load, swing: 0.9, periodS: 10 }],
    ['filesystem_total', { base: 472 * gib, swing: 0, periodS: 1 }],
    ['filesystem_used_bytes', { base: 300 * gib, swing: 0, periodS: 1 }],
    ['filesystem_available', { base: 130 * gib, swing: 0, periodS: 1 }],
    ['filesystem_used_percent{mount="/var"}', { base: 87, swing: 0, periodS: 1 }],
    ['filesystem_', { base: 42, swing: 0, periodS: 1 }],
    ['packets', { base: 2_600, swing: 0.7, periodS: 16 }],
    ['errors', { base: 0, swing: 0, periodS: 1 }],
    ['drops', { base: 1, swing: 1.6, periodS: 9 }],
    ['network_', { base: 3e7 * load, swing: 0.7, periodS: 16 }],
    ['established', { base: 2_140, swing: 0.2, periodS: 60 }],
    ['tcp_', { base: 60, swing: 0.6, periodS: 30 }],
    ['uptime', { base: 3_736_800, swing: 0, periodS: 1 }],
    ['Package', { base: 62, swing: 0.15, periodS: 50 }],
    ['temperature', { base: 41, swing: 0.06, periodS: 100 }],
    ['open_files', { base: 21_400, swing: 0.05, periodS: 60 }],
    ['process_count', { base: 412, swing: 0.04, periodS: 60 }],
    ['2xx', { base: 1_840, swing: 0.3, periodS: 30 }],
    ['5xx', { base: 3, swing: 1.6, periodS: 14 }],
    ['days', { base: 61, swing: 0, periodS: 1 }],
  ];
  return shapes.find(([part]) => key.includes(part))?.[1] ?? { base: 40, swing: 0.7, periodS: 25 };
}

function valueAt(id: string, shape: Shape, timeMs: number): number {
  const second = timeMs / 1_000;
  const slow = smooth(second / shape.periodS, id) - 0.5;
  const quick = smooth(second / (shape.periodS * 0.21), `${id}+`) - 0.5;
  const noise = unit(`${id} ${Math.floor(second)}`) - 0.5;
  const value = shape.base * (1 + shape.swing * (1.2 * slow + 0.5 * quick + 0.25 * noise));
  return Math.max(0, Math.min(shape.max ?? Number.POSITIVE_INFINITY, value));
}

/** Value noise: random at whole numbers, smooth between. */
function smooth(at: number, id: string): number {
  const whole = Math.floor(at);
  const part = at - whole;
  const ease = part * part * (3 - 2 * part);
  return unit(`${id} ${whole}`) * (1 - ease) + unit(`${id} ${whole + 1}`) * ease;
}

/** 0..1 by the text. FNV alone is too regular for texts that differ in their last digit. */
function unit(text: string): number {
  let hash = hash32(text);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
