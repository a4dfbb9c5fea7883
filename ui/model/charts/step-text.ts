/** How fine the charts of a window are, in a few words: "1 s raw", "5 m min/avg/max". Pure, but for the zone. */
import type { AnswerFacts } from '../../history/layer.ts';
import { formatClock, formatDate, formatDay, formatDuration, thinSpace } from '../format.ts';
import type { Window } from './chart-data.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** `stepMs` 0: the samples themselves, which come each `intervalMs`. */
export function stepText(stepMs: number, intervalMs: number): string {
  return stepMs === 0 ? `${shortDuration(intervalMs)} raw` : `${shortDuration(stepMs)} min/avg/max`;
}

function shortDuration(ms: number): string {
  return ms < 1_000 ? `${ms}${thinSpace}ms` : formatDuration(ms);
}

/** Why the step is wider than it could be; '' when it is not. */
export function coarserText(facts: AnswerFacts | null): string {
  if (facts === null || facts.coarserBy === null) return '';
  if (facts.coarserBy === 'limit') return 'coarser, since there is more than one answer may read';
  const { raw, minute } = facts.sinceMs;
  const [name, sinceMs] = facts.tier === 'hour' && minute !== null ? ['1 m', minute] : ['raw', raw];
  return sinceMs === null ? 'finer data has gone' : `${name} since ${formatDate(sinceMs)}`;
}

/** Both ends of a window, with the day unless it is today's, with seconds where the window is short. */
export function windowText({ fromMs, toMs }: Window, nowMs: number): string {
  const clock = (ms: number) => (toMs - fromMs >= 6 * hourMs ? formatClock(ms).slice(0, 5) : formatClock(ms));
  const isOneDay = formatDate(fromMs) === formatDate(toMs);
  if (isOneDay && formatDate(toMs) === formatDate(nowMs)) return `${clock(fromMs)} \u2013 ${clock(toMs)}`;
  if (isOneDay) return `${day(fromMs, nowMs)}, ${clock(fromMs)} \u2013 ${clock(toMs)}`;
  if (toMs - fromMs > 60 * dayMs) return `${formatDate(fromMs)} \u2013 ${formatDate(toMs)}`;
  return `${day(fromMs, nowMs)}, ${clock(fromMs)} \u2013 ${day(toMs, nowMs)}, ${clock(toMs)}`;
}

/** With its year when that is another one. */
function day(ms: number, nowMs: number): string {
  return formatDate(ms).slice(-4) === formatDate(nowMs).slice(-4) ? formatDay(ms) : formatDate(ms);
}
