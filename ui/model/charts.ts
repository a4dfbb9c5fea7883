/**
 * Which charts a layout makes: a table of the metrics that the dashboard knows, and a rule for everything else.
 *
 * Every series of the layout is drawn, listed or used exactly once: what no section claims goes to "Other", one chart
 * per metric name. So a script's new metric is on the page with the next tick, without a change here.
 */
import { type Labels, type Layout, parseSeriesKey, type Series } from '#core/series.ts';
import { compareNames } from './names.ts';

export type ChartKind = 'line' | 'stack' | 'mirror' | 'heat';

export interface Line {
  readonly key: string;
  readonly name: string;
  /** Token of its colour. */
  readonly color: string;
  /** 0 solid; others are dash patterns, so that lines differ without colour. */
  readonly dash: number;
  /** Drawn below the zero line. */
  readonly isBelow: boolean;
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly kind: ChartKind;
  /** Unit of the shown values: those of the series times `factor`. */
  readonly unit: string;
  readonly factor: number;
  readonly min: number | null;
  readonly max: number | null;
  /** Key of a series whose newest value is the upper end of the scale. */
  readonly maxKey: string | null;
  readonly lines: readonly Line[];
}

export interface Mount {
  readonly name: string;
  readonly usedKey: string | null;
  readonly totalKey: string | null;
  readonly availableKey: string | null;
  readonly usedPercentKey: string | null;
  readonly inodesPercentKey: string | null;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly charts: readonly Chart[];
  readonly mounts: readonly Mount[];
  readonly hasProcesses: boolean;
}

interface Parsed {
  readonly series: Series;
  readonly name: string;
  readonly labels: Labels;
}

/** A line for each series of `metric` (with this label value, where one is named). */
interface LineRule {
  readonly metric: string;
  readonly label?: string;
  readonly title?: string;
  readonly color?: string;
  readonly isBelow?: boolean;
}

interface ChartRule {
  readonly title: string;
  readonly note: string;
  readonly kind: ChartKind;
  readonly lines: readonly LineRule[];
  readonly unit?: string;
  readonly factor?: number;
  readonly min?: number;
  readonly max?: number;
  readonly maxMetric?: string;
  /** One chart for each value of this label, with the value as its title. */
  readonly per?: string;
}

interface SectionRule {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly ChartRule[];
  /** Metrics that are shown elsewhere: in the header, as a scale, as the sum of what is drawn. */
  readonly used?: readonly string[];
  readonly special?: 'filesystems' | 'processes';
}

const rules: readonly SectionRule[] = [
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
        lines: [{ metric: 'memory_used_bytes', title: 'Used', color: 'c5' }],
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
        lines: [{ metric: 'swap_used_bytes', title: 'Used', color: 'c8' }],
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
        lines: [{ metric: 'filesystem_used_percent' }],
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

/** Metrics that the header shows. */
const headerMetrics = ['uptime_seconds'];
const mountMetrics = [
  'used_bytes',
  'total_bytes',
  'available_bytes',
  'inodes_used_percent',
  'inodes_total',
  'inodes_used',
];
/** Where a mode is what is left over, drawing it would only fill the chart. */
const hiddenKeys = ['cpu_mode_percent{mode="idle"}'];

const palette = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'];
/** As many lines as there are colours: with more, nobody can tell them apart. */
const linesMax = palette.length;
const dashCount = 4;

/** The sections that have anything to show for this layout, in the order of the page. */
export function sectionsOf(layout: Layout): readonly Section[] {
  const left = new Map<string, Parsed>();
  for (const series of layout.series) {
    const parsed = parseSeriesKey(series.key);
    left.set(series.key, { series, name: parsed?.name ?? series.key, labels: parsed?.labels ?? {} });
  }
  const sections: Section[] = [];
  for (const rule of rules) {
    const mounts = rule.special === 'filesystems' ? mountsOf(left) : [];
    const charts = rule.charts.flatMap((chart) => chartsOf(chart, rule.id, left));
    take(left, (parsed) => rule.used?.includes(parsed.name) === true);
    const hasProcesses = rule.special === 'processes';
    if (charts.length + mounts.length === 0 && !hasProcesses) continue;
    sections.push({ id: rule.id, title: rule.title, note: noteOf(charts, mounts), charts, mounts, hasProcesses });
  }
  take(left, (parsed) => headerMetrics.includes(parsed.name) || hiddenKeys.includes(parsed.series.key));
  const others = otherCharts(left);
  if (others.length > 0) {
    sections.push({
      id: 'other',
      title: 'Other',
      note: `${others.length} metrics`,
      charts: others,
      mounts: [],
      hasProcesses: false,
    });
  }
  return sections;
}

/** Things that a section is about: its devices, its mounts. */
function noteOf(charts: readonly Chart[], mounts: readonly Mount[]): string {
  if (mounts.length > 0) return `${mounts.length} mounted`;
  const cores = charts.find((chart) => chart.kind === 'heat')?.lines.length;
  if (cores !== undefined) return cores === 1 ? '1 core' : `${cores} cores`;
  const things = [...new Set(charts.map((chart) => chart.id.split('/')[2] ?? ''))].filter((thing) => thing !== '');
  return things.length > 4 ? `${things.slice(0, 4).join(', ')} and ${things.length - 4} more` : things.join(', ');
}

function chartsOf(rule: ChartRule, sectionId: string, left: Map<string, Parsed>): Chart[] {
  const claimed: { readonly parsed: Parsed; readonly line: LineRule }[] = [];
  for (const line of rule.lines) {
    for (const parsed of take(left, (candidate) => matches(candidate, line))) claimed.push({ parsed, line });
  }
  if (claimed.length === 0) return [];

  const groups = new Map<string, typeof claimed>();
  for (const claim of claimed) {
    const group = rule.per === undefined ? '' : (claim.parsed.labels[rule.per] ?? '');
    groups.set(group, [...(groups.get(group) ?? []), claim]);
  }
  return [...groups].flatMap(([group, claims]) => {
    const lines = claims.map(({ parsed, line }, index) => ({
      key: parsed.series.key,
      name: line.title ?? labelText(parsed.labels),
      color: line.color ?? palette[index % palette.length]!,
      dash: rule.kind === 'line' ? index % dashCount : 0,
      isBelow: line.isBelow === true,
    }));
    const id = `${sectionId}/${rule.title.toLowerCase().replaceAll(' ', '-')}${group === '' ? '' : `/${group}`}`;
    const chart: Chart = {
      id,
      title: group === '' ? rule.title : `${rule.title} ${group}`,
      note: rule.note,
      kind: rule.kind,
      unit: rule.unit ?? claims[0]!.parsed.series.unit,
      factor: rule.factor ?? 1,
      min: rule.min ?? null,
      max: rule.max ?? null,
      maxKey: rule.maxMetric ?? null,
      lines,
    };
    return rule.kind === 'line' ? pagesOf(chart) : [chart];
  });
}

function matches({ name, labels }: Parsed, line: LineRule): boolean {
  if (name !== line.metric) return false;
  return line.label === undefined || Object.values(labels).includes(line.label);
}

/** Removes what `wanted` names from `left` and returns it, things in the order of their names. */
function take(left: Map<string, Parsed>, wanted: (parsed: Parsed) => boolean): Parsed[] {
  const taken = [...left.values()].filter(wanted);
  for (const parsed of taken) left.delete(parsed.series.key);
  return taken.sort((a, b) => compareNames(a.series.key, b.series.key));
}

function mountsOf(left: Map<string, Parsed>): Mount[] {
  const isMount = ({ name }: Parsed) => mountMetrics.some((metric) => name === `filesystem_${metric}`);
  const names = [...left.values()].filter((parsed) => parsed.name === 'filesystem_used_percent' || isMount(parsed));
  const mounts = [...new Set(names.map((parsed) => parsed.labels['mount'] ?? ''))].sort(compareNames);
  const keyOf = (metric: string, mount: string) =>
    names.find((parsed) => parsed.name === `filesystem_${metric}` && parsed.labels['mount'] === mount)?.series.key ??
    null;
  const list = mounts.map((mount) => ({
    name: mount,
    usedKey: keyOf('used_bytes', mount),
    totalKey: keyOf('total_bytes', mount),
    availableKey: keyOf('available_bytes', mount),
    usedPercentKey: keyOf('used_percent', mount),
    inodesPercentKey: keyOf('inodes_used_percent', mount),
  }));
  take(left, isMount);
  return list;
}

function otherCharts(left: Map<string, Parsed>): Chart[] {
  const groups = new Map<string, Parsed[]>();
  for (const parsed of take(left, () => true)) groups.set(parsed.name, [...(groups.get(parsed.name) ?? []), parsed]);
  return [...groups].flatMap(([name, members]) => {
    const unit = members[0]!.series.unit;
    const common = commonLabels(members);
    return pagesOf({
      id: `other/${name}`,
      title: name,
      note: [unit === '1' ? '' : unit, ...[...common].map(([label, value]) => `${label}=${value}`)]
        .filter(Boolean)
        .join(', '),
      kind: 'line',
      unit,
      factor: 1,
      min: null,
      max: null,
      maxKey: null,
      lines: members.map((parsed, index) => ({
        key: parsed.series.key,
        name: labelText(parsed.labels, common) || name,
        color: palette[index % palette.length]!,
        dash: index % dashCount,
        isBelow: false,
      })),
    });
  });
}

/** A chart of too many lines as several charts. */
function pagesOf(chart: Chart): Chart[] {
  const pageCount = Math.ceil(chart.lines.length / linesMax);
  if (pageCount <= 1) return [chart];
  return Array.from({ length: pageCount }, (_, page) => {
    const lines = chart.lines.slice(page * linesMax, (page + 1) * linesMax);
    const first = page * linesMax + 1;
    return {
      ...chart,
      id: `${chart.id}#${page + 1}`,
      note: `${first} to ${first + lines.length - 1} of ${chart.lines.length}`,
      lines,
    };
  });
}

/** Labels that all of several series share: they tell nothing apart. */
function commonLabels(members: readonly Parsed[]): ReadonlyMap<string, string> {
  if (members.length < 2) return new Map();
  const first = Object.entries(members[0]!.labels);
  return new Map(first.filter(([label, value]) => members.every(({ labels }) => labels[label] === value)));
}

/** Label values as a name; with their names where there are several. */
function labelText(labels: Labels, common: ReadonlyMap<string, string> = new Map()): string {
  const entries = Object.entries(labels).filter(([label]) => !common.has(label));
  if (entries.length === 1) return entries[0]![1];
  return entries.map(([name, value]) => `${name}=${value}`).join(' ');
}
