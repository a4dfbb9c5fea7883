/**
 * Rules by REST: lists, one, changes, and the back-test. Rules of the hub's file (`origin` "file") are read-only.
 */
import type { Rule } from '#core/rule-spec.ts';
import type { RuleDraft } from '../model/rules/rule-draft.ts';
import { type Asked, type AskOptions, answerMsMax, type HubClient, type JsonAnswer } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';
import { parseRule, ruleJsonOf } from './rule-json.ts';

const path = '/api/v1/rules';

/** All of them; with `host` (a name) those that mean it. */
export async function readRules(
  client: HubClient,
  { host, ...options }: AskOptions & { readonly host?: string } = {},
): Promise<Asked<readonly Rule[]>> {
  const query = host === undefined ? '' : `?host=${encodeURIComponent(host)}`;
  const asked = await client.getJson(path + query, options);
  if (asked.kind === 'failed') return asked;
  const rules = listOf(asked.value.body).map(parseRule);
  return { kind: 'ok', value: rules.filter((rule) => rule !== null) };
}

export async function readRule(client: HubClient, id: number, options: AskOptions = {}): Promise<Asked<Rule>> {
  return ruleOf(await client.getJson(`${path}/${id}`, options));
}

export async function createRule(client: HubClient, draft: RuleDraft): Promise<Asked<Rule>> {
  return ruleOf(await client.sendJson('POST', path, ruleJsonOf(draft)));
}

/** Replaces everything that the rule says. Refused with status 409 when somebody has changed it since `version`. */
export async function changeRule(
  client: HubClient,
  { id, version }: Pick<Rule, 'id' | 'version'>,
  draft: RuleDraft,
): Promise<Asked<Rule>> {
  return ruleOf(await client.sendJson('PATCH', `${path}/${id}`, { ...ruleJsonOf(draft), version }));
}

export async function enableRule(client: HubClient, id: number, isEnabled: boolean): Promise<Asked<Rule>> {
  return ruleOf(await client.sendJson('PATCH', `${path}/${id}`, { enabled: isEnabled }));
}

export async function deleteRule(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

export interface BacktestSpan {
  /** Epoch ms; the end is cut at now by the hub. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface BacktestedSeries {
  readonly host: string;
  readonly series: string;
  readonly fired: number;
  readonly firingMs: number;
}

export interface BacktestMark extends BacktestSpan {
  readonly host: string;
  readonly series: string;
}

/** What a rule would have said of the past. Lists are cut at 1,000; counts are of everything. */
export interface Backtest extends BacktestSpan {
  readonly fired: number;
  /** On all series together. */
  readonly firingMs: number;
  readonly hostCount: number;
  readonly seriesCount: number;
  readonly series: readonly BacktestedSeries[];
  readonly firedSeriesCount: number;
  readonly marks: readonly BacktestMark[];
  readonly markCount: number;
  readonly holes: readonly Omit<BacktestMark, 'series'>[];
  readonly tier: 'raw' | 'minute';
  readonly coarserBy: 'limit' | 'retention' | null;
  readonly isApproximate: boolean;
  readonly samplesRead: number;
  /** What it took the hub. */
  readonly durationMs: number;
}

/** A back-test of a whole fleet takes seconds: it may take longer than other answers. */
const backtestMsMax = 6 * answerMsMax;

/** With more than `rawSamples` samples minutes are judged instead; the hub's own bound when absent. */
export async function backtestRule(
  client: HubClient,
  draft: RuleDraft,
  { startMs, endMs, signal, rawSamples }: BacktestSpan & AskOptions & { readonly rawSamples?: number },
): Promise<Asked<Backtest>> {
  const { name: _, ...rule } = ruleJsonOf(draft);
  const samples = rawSamples === undefined ? {} : { raw_samples: rawSamples };
  const body = { rule, start: startMs / 1_000, end: endMs / 1_000, ...samples };
  const options = { timeoutMs: backtestMsMax, ...(signal === undefined ? {} : { signal }) };
  const asked = await client.sendJson('POST', `${path}/backtest`, body, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: parseBacktest(asked.value.body) };
}

export function parseBacktest(body: unknown): Backtest {
  const fields = fieldsOf(body);
  const count = (name: string) => numberOf(fields.get(name)) ?? 0;
  return {
    ...spanOf(fields),
    fired: count('fired'),
    firingMs: count('firing_seconds') * 1_000,
    hostCount: count('hosts'),
    seriesCount: count('judged_series'),
    series: listOf(fields.get('series')).map((item) => {
      const one = fieldsOf(item);
      return {
        host: textOf(one.get('host')),
        series: textOf(one.get('series')),
        fired: numberOf(one.get('fired')) ?? 0,
        firingMs: msOf(one.get('firing_seconds')) ?? 0,
      };
    }),
    firedSeriesCount: count('fired_series'),
    marks: listOf(fields.get('marks')).map((item) => {
      const one = fieldsOf(item);
      return { host: textOf(one.get('host')), series: textOf(one.get('series')), ...spanOf(one) };
    }),
    markCount: count('marks_in_all'),
    holes: listOf(fields.get('holes')).map((item) => {
      const one = fieldsOf(item);
      return { host: textOf(one.get('host')), ...spanOf(one) };
    }),
    tier: wordOf(['raw', 'minute'] as const, fields.get('tier')) ?? 'raw',
    coarserBy: wordOf(['limit', 'retention'] as const, fields.get('coarser_by')),
    isApproximate: fields.get('approximate') === true,
    samplesRead: count('samples_read'),
    durationMs: count('seconds') * 1_000,
  };
}

function spanOf(fields: ReadonlyMap<string, unknown>): BacktestSpan {
  return { startMs: msOf(fields.get('start')) ?? 0, endMs: msOf(fields.get('end')) ?? 0 };
}

function ruleOf(asked: Asked<JsonAnswer>): Asked<Rule> {
  if (asked.kind === 'failed') return asked;
  const rule = parseRule(asked.value.body);
  return rule === null
    ? { kind: 'failed', why: 'The hub answered a rule that this page does not know. Reload the page.', status: null }
    : { kind: 'ok', value: rule };
}
