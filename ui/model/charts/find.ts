/** Search in the charts of a host: words that must all stand in the title, a metric's name or a line's. Pure. */
import type { Chart, Section } from './charts.ts';

/** Sections with the charts that match; all of a section whose own title does. */
export function findSections(sections: readonly Section[], find: string): readonly Section[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return sections;
  return sections.flatMap((section) => {
    if (matches(section.title, words)) return [section];
    const charts = section.charts.filter((chart) => matches(textOf(chart), words));
    return charts.length === 0 ? [] : [{ ...section, charts, mounts: [], hasProcesses: false }];
  });
}

function textOf(chart: Chart): string {
  return [chart.title, chart.note, ...chart.lines.flatMap(({ key, name }) => [key, name])].join('\n');
}

function matches(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
