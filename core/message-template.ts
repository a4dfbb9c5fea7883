/**
 * Text of a notice from a template: `{{name}}` stands for what is known of the alert. A value is text and nothing else:
 * the template is gone through once, so braces inside a value stay as they are, and a value cannot break a line. What
 * a receiver does with text (HTML, mail headers) is the sender's to escape.
 */
import { alertTextCharactersMax } from './limits.ts';
import { formatDuration, formatNumber, formatQuantity } from './quantity.ts';
import type { AlertCause, RuleCondition, RuleInput, Severity } from './rule-spec.ts';
import { parseSeriesKey } from './series.ts';
import { cutText } from './utf8.ts';

/** What a message may speak of. Empty texts and null where there is nothing. */
export interface MessageContext {
  readonly state: 'firing' | 'resolved';
  readonly cause: AlertCause;
  readonly rule: string;
  readonly severity: Severity;
  /** The name it reports; with an alias people know it by that. Empty for the fleet as a whole. */
  readonly host: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Canonical key; empty for the host itself. */
  readonly series: string;
  readonly unit: string;
  readonly value: number | null;
  readonly condition: RuleCondition | null;
  /** What of the series `value` is; the value itself when absent. */
  readonly input?: RuleInput;
  /** How long it had to be bad. */
  readonly forMs: number;
  /** Of what resolves though nobody knows that it is good: there is nothing left to judge. */
  readonly ended?: MessageEnd;
}

/** The series is gone; no rule means it any more; the host was removed. */
export type MessageEnd = 'gone' | 'disabled' | 'removed';

const templateCharactersMax = 2_000;

const fieldNames = [
  'host',
  'alias',
  'series',
  'metric',
  'value',
  'unit',
  'threshold',
  'condition',
  'rule',
  'severity',
  'state',
  'for',
] as const;
type FieldName = (typeof fieldNames)[number];

/** The pairs in which a name is looked for: `label.mount`, `tag.site`. */
const pairNamePattern = /^(label|tag)\.([^{}\s]{1,200})$/;
const placePattern = /\{\{\s*([^{}\s]{1,210})\s*\}\}/g;

/** Why a template cannot be used, as the end of a sentence; null when it can. */
export function templateProblem(template: string): string | null {
  if (template.length > templateCharactersMax)
    return `a template has at most ${templateCharactersMax} characters: got ${template.length}`;
  for (const [, name] of template.matchAll(placePattern))
    if (!isFieldName(name!) && !pairNamePattern.test(name!))
      return `a template may name ${fieldNames.join(', ')}, label.NAME and tag.NAME: got ${JSON.stringify(name!.slice(0, 60))}`;
  const rest = template.replace(placePattern, '').indexOf('{{');
  if (rest >= 0) return 'what begins with "{{" must be a name and end with "}}": got something else';
  return null;
}

/**
 * The text: at most 1,000 characters. An empty template gives a sentence that fits the alert; names that nobody knows are
 * empty. What has ended without being good says so, whatever the template: it would read as good news.
 */
export function formatMessage(template: string, context: MessageContext): string {
  const text =
    template === '' || context.ended !== undefined
      ? standardMessage(context)
      : template.replace(placePattern, (_, name: string) => oneLine(textFor(name, context)));
  return cutText(text, alertTextCharactersMax);
}

function textFor(name: string, context: MessageContext): string {
  const pair = pairNamePattern.exec(name);
  if (pair !== null) {
    const pairs = pair[1] === 'tag' ? context.tags : parseSeriesKey(context.series)?.labels;
    return pairs !== undefined && Object.hasOwn(pairs, pair[2]!) ? pairs[pair[2]!]! : '';
  }
  return isFieldName(name) ? fieldOf(name, context) : '';
}

function isFieldName(name: string): name is FieldName {
  return (fieldNames as readonly string[]).includes(name);
}

function fieldOf(name: FieldName, context: MessageContext): string {
  switch (name) {
    case 'host':
      return context.host;
    case 'alias':
      return shownHost(context);
    case 'series':
      return context.series;
    case 'metric':
      return parseSeriesKey(context.series)?.name ?? context.series;
    case 'value':
      return context.value === null ? '' : formatNumber(context.value);
    case 'unit':
      return context.unit;
    case 'threshold':
      return context.condition === null ? '' : thresholdText(context.condition);
    case 'condition':
      return context.condition === null ? '' : conditionText(context.condition);
    case 'rule':
      return context.rule;
    case 'severity':
      return context.severity;
    case 'state':
      return context.state;
    case 'for':
      return formatDuration(context.forMs);
  }
}

/** A condition as people say it: "above 90", "outside 10 to 20". */
export function conditionText(condition: RuleCondition): string {
  return `${condition.kind} ${thresholdText(condition)}`;
}

function thresholdText(condition: RuleCondition, unit = ''): string {
  if (condition.kind !== 'outside') return formatQuantity(condition.threshold, unit);
  return `${formatQuantity(condition.low, unit)} to ${formatQuantity(condition.high, unit)}`;
}

function shownHost({ alias, host }: MessageContext): string {
  return alias === '' ? host : alias;
}

/** Who, what, how much, and what of it is too much. */
function standardMessage(context: MessageContext): string {
  const host = oneLine(shownHost(context));
  const what = context.series === '' ? host : `${host}: ${oneLine(context.series)}`;
  const isFiring = context.state === 'firing';
  if (context.ended !== undefined) return endedMessage(what, context.ended);
  switch (context.cause) {
    case 'limits':
      return limitsMessage(what, context);
    case 'silence': {
      const value = context.value === null ? '' : `: ${oneLine(formatQuantity(context.value, context.unit))}`;
      return isFiring ? `${what} gives no values` : `${what} gives values again${value}`;
    }
    case 'hostDown':
      return isFiring ? `${host} is down` : `${host} is back`;
    case 'massOutage':
      return isFiring
        ? 'Many hosts are gone at once: the hub may be cut off'
        : 'The hosts that were gone at once are back';
    case 'clockSkew': {
      const skew = context.value === null ? '' : ` (${formatDuration(Math.abs(context.value))})`;
      return isFiring ? `${host}: the clock is off${skew}` : `${host}: the clock is right again`;
    }
  }
}

function endedMessage(what: string, ended: MessageEnd): string {
  const judged = what === '' ? 'The outage of many hosts' : what;
  switch (ended) {
    case 'gone':
      return `${judged} is gone: there is nothing left to judge`;
    case 'disabled':
      return `${judged} is judged no longer: the rule was disabled, removed or changed, or does not mean it any more`;
    case 'removed':
      return `${judged} is judged no longer: the host was removed`;
  }
}

function limitsMessage(what: string, { state, condition, forMs, value, ...rest }: MessageContext): string {
  const isFiring = state === 'firing';
  const { input = { kind: 'value' } } = rest;
  const unit = input.kind === 'rate' ? `${rest.unit === '1' ? '' : rest.unit}/s` : rest.unit;
  const during = forMs > 0 && isFiring ? ` for ${formatDuration(forMs)}` : '';
  const limit = condition === null ? '' : `${condition.kind} ${thresholdText(condition, unit)}`;
  const why = limit === '' ? '' : ` (${isFiring ? `${limit}${during}` : `no longer ${limit}`})`;
  if (value === null) return oneLine(`${what} is ${isFiring ? 'not as it should be' : 'as it should be again'}${why}`);
  const shown = formatQuantity(value, unit);
  switch (input.kind) {
    case 'value':
      return oneLine(`${what} is ${shown}${why}`);
    case 'average':
      return oneLine(`${what} is ${shown} on average of ${formatDuration(input.windowMs)}${why}`);
    case 'rate':
      return oneLine(`${what} changes by ${shown} over ${formatDuration(input.windowMs)}${why}`);
  }
}

/** Without control characters, signs that turn the direction of text, and line breaks. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
}
