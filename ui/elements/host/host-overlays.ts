/**
 * The marks of a host sorted by chart. What a chart gets stays the same object until something of it changes, so that
 * one alert does not draw thirty charts again.
 */
import { type Severity, severities } from '#core/rule-spec.ts';
import { type ChartOverlays, noOverlays } from '../../chart-source.ts';
import type { SeriesWindow } from '../../history/series-window.ts';
import type { HostMarks } from '../../live/host-marks.ts';
import type { Chart, Section } from '../../model/charts/charts.ts';
import { alertSpansOf, downtimeSpansOf, momentsOf, thresholdsOf } from '../../model/charts/marks.ts';

interface Marked {
  /** To see what has changed. */
  readonly text: string;
  readonly overlays: ChartOverlays;
}

export class HostOverlays {
  #byChart: ReadonlyMap<string, Marked> = new Map();
  #levels: ReadonlyMap<string, Severity> = new Map();

  /** The worst that fires in a section, by its id. */
  get levels(): ReadonlyMap<string, Severity> {
    return this.#levels;
  }

  ofChart(chart: Chart): ChartOverlays {
    return this.#byChart.get(chart.id)?.overlays ?? noOverlays;
  }

  /** To be called when marks or sections have changed. */
  update(sections: readonly Section[], marks: HostMarks, window: SeriesWindow): void {
    const downtimes = downtimeSpansOf(marks.downtimes);
    const moments = momentsOf(marks.notes);
    const alerts = marks.hostAlerts;
    const byChart = new Map<string, Marked>();
    const levels = new Map<string, Severity>();
    for (const section of sections) {
      for (const chart of section.charts) {
        const overlays: ChartOverlays = {
          thresholds: thresholdsOf(chart, marks.limits, maxValueOf(chart, window)),
          spans: [...downtimes, ...alertSpansOf(chart, alerts)],
          moments,
        };
        const text = JSON.stringify(overlays);
        const before = this.#byChart.get(chart.id);
        byChart.set(chart.id, before?.text === text ? before : { text, overlays });
      }
      const level = levelOf(section, alerts);
      if (level !== null) levels.set(section.id, level);
    }
    this.#byChart = byChart;
    this.#levels = levels;
  }
}

function maxValueOf({ maxKey, factor }: Chart, window: SeriesWindow): number {
  return maxKey === null ? Number.NaN : window.newest({ key: maxKey, host: null }) * factor;
}

/** The worst that fires on anything a section shows. */
function levelOf(section: Section, alerts: HostMarks['hostAlerts']): Severity | null {
  const keys = new Set<string | null | undefined>(
    section.charts.flatMap(({ lines, sumKey, shareKey }) => [...lines.map(({ key }) => key), sumKey, shareKey]),
  );
  for (const mount of section.mounts)
    for (const key of [mount.usedPercentKey, mount.usedKey, mount.availableKey, mount.inodesPercentKey]) keys.add(key);
  const ranks = alerts
    .filter(({ series, toMs }) => toMs === null && keys.has(series))
    .map(({ severity }) => severities.indexOf(severity));
  return ranks.length === 0 ? null : severities[Math.max(...ranks)]!;
}
