/**
 * Which charts a layout makes: the table of `chart-rules.ts`, and a rule for everything else.
 *
 * Every series of the layout is drawn, listed or used exactly once: what no section claims goes to "Other", one chart
 * per metric name. So a script's new metric is on the page with the next tick, without a change here.
 */
import { type Labels, type Layout, parseSeriesKey, type Series } from '#core/series.ts';
import { compareNames } from '../names.ts';
import { type ChartKind, type ChartRule, type LineRule, sectionRules } from './chart-rules.ts';

export interface Line {
  readonly key: string;
  /** Name of its host; null: that of the page. */
  readonly host: string | null;
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
  /** Key of a series that all layers together are. */
  readonly sumKey?: string;
  /** Key of a series that is the chart in percent of `maxKey`. */
  readonly shareKey?: string;
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
  for (const rule of sectionRules) {
    const mounts = rule.special === 'filesystems' ? mountsOf(left) : [];
    const charts = rule.charts.flatMap((chart) => chartsOf(chart, rule.id, left));
    if (charts.length + mounts.length === 0) continue;
    // What belongs to charts that are not there is drawn among the others.
    take(left, (parsed) => rule.used?.includes(parsed.name) === true);
    const hasProcesses = rule.special === 'processes';
    sections.push({ id: rule.id, title: rule.title, note: noteOf(charts, mounts), charts, mounts, hasProcesses });
  }
  take(left, (parsed) => headerMetrics.includes(parsed.name) || hiddenKeys.includes(parsed.series.key));
  const others = otherCharts(left);
  if (others.length > 0) {
    sections.push({
      id: 'other',
      title: 'Other',
      note: others.length === 1 ? '1 metric' : `${others.length} metrics`,
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
      host: null,
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
      ...(rule.sumMetric === undefined ? {} : { sumKey: rule.sumMetric }),
      ...(rule.shareMetric === undefined ? {} : { shareKey: rule.shareMetric }),
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
        host: null,
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
