/** What happened on a host in the window that its charts show. */
import type { SeriesWindow } from '../../history/series-window.ts';
import type { HostMarks } from '../../live/host-marks.ts';
import { createChartData, type Gap } from '../../model/charts/chart-data.ts';
import type { Section } from '../../model/charts/charts.ts';
import { type WindowEvents, windowEvents } from '../../model/charts/window-events.ts';

/** A gap is an event from so many intervals on. */
const gapIntervalsMin = 3;

export function eventsIn(hostWindow: SeriesWindow, marks: HostMarks, sections: readonly Section[]): WindowEvents {
  const { alerts, downtimes, notes } = marks;
  return windowEvents({ window: hostWindow.window, alerts, downtimes, notes, gaps: gapsIn(hostWindow, sections) });
}

/** Those of the first chart: nearly all series of a host come with each tick. */
function gapsIn(hostWindow: SeriesWindow, sections: readonly Section[]): Gap[] {
  const chart = sections.flatMap(({ charts }) => charts)[0];
  if (chart === undefined) return [];
  const data = createChartData(chart);
  hostWindow.fill(data, chart);
  const leastMs = Math.max(data.stepMs, gapIntervalsMin * hostWindow.intervalMs);
  return data.gaps.filter(({ fromMs, toMs }) => toMs - fromMs >= leastMs);
}
