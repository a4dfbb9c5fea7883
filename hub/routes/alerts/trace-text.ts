/**
 * "Why was I told, or not?" in sentences: what the rule said, how it came to fire, what was decided and by what, and
 * how each notice fared. From what was recorded at the time; what is missing there, as in rows of an older version, is
 * left out.
 */
import { conditionText } from '#core/message-template.ts';
import type { RuleSpec, RuleSubject } from '#core/rule-spec.ts';
import type { AlertEvent, StoredAlert, StoredNotice } from '../../store/alerts/alerts.ts';
import { parseRuleSpec } from '../../store/alerts/stored-spec.ts';

type Fields = Readonly<Record<string, unknown>>;

export function explain(alert: StoredAlert, events: readonly AlertEvent[]): string[] {
  const lines: string[] = [];
  let versionBefore: unknown = null;
  for (const event of events) {
    const trace = fieldsOf(event.trace);
    const rule = fieldsOf(trace['rule']);
    if (rule['version'] !== undefined && rule['version'] !== versionBefore) {
      versionBefore = rule['version'];
      const spec = parseRuleSpec(rule['spec']);
      if (spec !== null) lines.push(`${ruleLine(rule, spec)}${overrideText(spec, alert)}`);
    }
    // The path of an end begins where that of the beginning ended.
    lines.push(...pathLines(trace['path']).filter((line) => !lines.includes(line)));
    lines.push(`${timeText(event.atMs)} ${event.kind}: ${event.message}`);
    const why = decisionLine(event.decision, trace);
    if (why !== null) lines.push(`  ${why}`);
    for (const notice of event.notices) lines.push(`  ${noticeLine(notice)}`);
  }
  if (alert.resolvedMs === null) lines.push('It is still firing');
  return lines;
}

function ruleLine(rule: Fields, spec: RuleSpec): string {
  const waits = spec.forMs > 0 ? ` for ${secondsText(spec.forMs)}` : '';
  return `The rule ${quoted(rule['name'])} (version ${String(rule['version'])}) fires on ${subjectText(spec.subject)}${waits}`;
}

/** What the rule says of this host, where an override says otherwise. */
function overrideText({ subject, overrides }: RuleSpec, { condition }: StoredAlert): string {
  if (subject.kind !== 'series' || overrides.length === 0 || !condition) return '';
  return condition === conditionText(subject.condition) ? '' : `; by an override, here ${condition}`;
}

function subjectText(subject: RuleSubject): string {
  switch (subject.kind) {
    case 'series': {
      const { series, input, condition, noDataIntervals } = subject;
      const what = series.patterns.length === 0 ? 'series with certain labels' : series.patterns.join(', ');
      const over = input.kind === 'value' ? '' : ` (${input.kind} over ${secondsText(input.windowMs)})`;
      const silent = noDataIntervals === null ? '' : `, or no data for ${noDataIntervals} intervals`;
      return `${what}${over} ${conditionText(condition)}${silent}`;
    }
    case 'silence':
      return `series that are silent for ${subject.intervals} of their intervals`;
    case 'hostDown':
      return `hosts that are away for ${secondsText(subject.afterMs)}`;
    case 'clockSkew':
      return `clocks that are ${secondsText(subject.thresholdMs)} off`;
  }
}

/** The states that it went through, by the time of ticks. */
function pathLines(path: unknown): string[] {
  if (!Array.isArray(path)) return [];
  return path.flatMap((step: unknown) => {
    const { phase, atMs } = fieldsOf(step);
    return typeof phase === 'string' && typeof atMs === 'number' ? [`${timeText(atMs)} became ${phase}`] : [];
  });
}

function decisionLine(decision: string, trace: Fields): string | null {
  switch (decision) {
    case 'told':
      return `Told to ${listText(trace['channels'])}, in a message of the group ${quoted(trace['group'])}${missingText(trace)}`;
    case 'downtime': {
      const { id, author, reason } = fieldsOf(trace['downtime']);
      return `Nobody was told: downtime ${String(id)} covers it${byText(author)}${colonText(reason)}`;
    }
    case 'silenced': {
      const { id, author, comment } = fieldsOf(trace['silence']);
      return `Nobody was told: silence ${String(id)} covers it${byText(author)}${colonText(comment)}`;
    }
    case 'host_down':
      return 'Nobody was told: its host is down, which is told by itself';
    case 'mass_outage':
      return 'Nobody was told: many hosts have vanished at once, which is told as one';
    case 'no_channel':
      return `Nobody was told: there is no channel that is enabled${missingText(trace)}`;
    case 'unchanged':
      return 'Nobody was told: they believe so already, from what they were told before';
    default:
      return null;
  }
}

function missingText(trace: Fields): string {
  const missing = trace['missingChannels'];
  return Array.isArray(missing) && missing.length > 0 ? `; ${listText(missing)} are not there or are off` : '';
}

function noticeLine(notice: StoredNotice): string {
  const { channelName, channelId, state, attempts, sentMs, dueMs } = notice;
  const channel = channelName === '' ? `channel ${channelId}` : channelName;
  const tries = Array.isArray(notice.tries) ? notice.tries : [];
  const { answer } = fieldsOf(tries[tries.length - 1]);
  const said = typeof answer === 'string' && answer !== '' ? `: ${answer}` : '';
  const count = attempts === 1 ? '1 try' : `${attempts} tries`;
  switch (state) {
    case 'sent':
      return `${channel}: sent${sentMs === null ? '' : ` at ${timeText(sentMs)}`} after ${count}${said}`;
    case 'dead':
      return `${channel}: given up after ${count}${said}`;
    case 'sending':
      return `${channel}: is being sent, after ${count}${said}`;
    case 'waiting':
      return attempts === 0
        ? `${channel}: waits for its turn from ${timeText(dueMs)} on; older notices of the channel go first`
        : `${channel}: waits until ${timeText(dueMs)}, after ${count}${said}`;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listText(names: unknown): string {
  return Array.isArray(names) ? names.map(String).join(', ') : 'nobody';
}

function byText(author: unknown): string {
  return typeof author === 'string' && author !== '' ? `, by ${author}` : '';
}

function colonText(text: unknown): string {
  return typeof text === 'string' && text !== '' ? `: ${text}` : '';
}

function quoted(text: unknown): string {
  return JSON.stringify(typeof text === 'string' ? text : '');
}

function secondsText(ms: number): string {
  return `${ms / 1_000} s`;
}

/** A row may hold any number; not each is a time that can be written. */
function timeText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
