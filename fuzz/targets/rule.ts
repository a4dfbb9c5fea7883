/**
 * The parser of rules, as REST and the file of alerts use it.
 *
 * A body is a rule or an HttpError 400. A rule that was taken has no problem; printed and parsed it is the same rule, and
 * so it is when it is changed to what it is. Who and what it means can be asked, and its message is text in its bound.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { alertTextCharactersMax } from '#core/limits.ts';
import { formatMessage } from '#core/message-template.ts';
import { ruleProblems } from '#core/rule-check.ts';
import type { RuleSpec } from '#core/rule-spec.ts';
import { hostMatcherOf, seriesMatcherOf } from '#core/selector.ts';
import { parseJson } from '../../hub/json-body.ts';
import { parseRule } from '../../hub/routes/alerts/rules.ts';
import { patchedRuleBody, ruleBodyOf } from '../../hub/routes/rule-body.ts';
import { unlessRefused } from '../refusal.ts';

const act = 'create rule';
const host = { name: 'web-1', tags: { role: 'web', site: 'berlin' } };
const key = 'disk_used_bytes{device="vda"}';

export function fuzz(bytes: Buffer): void {
  const rule = unlessRefused(() => parseRule(parseJson(bytes), act).draft);
  if (rule === null) return;
  deepStrictEqual([...ruleProblems(rule.spec)], []);
  const printed = JSON.stringify(ruleBodyOf(rule));
  const again = parseRule(JSON.parse(printed), act).draft;
  // Over JSON, which knows no −0.
  strictEqual(JSON.stringify(again), JSON.stringify(rule));
  strictEqual(JSON.stringify(parseRule(patchedRuleBody(rule, JSON.parse(printed)), act).draft), JSON.stringify(rule));
  judge(rule.spec);
}

function judge({ hosts, subject, overrides, message, severity, forMs }: RuleSpec): void {
  for (const selector of [hosts, ...overrides.map((override) => override.hosts)]) hostMatcherOf(selector)(host);
  if ('series' in subject) seriesMatcherOf(subject.series)(key);
  const condition = subject.kind === 'series' ? subject.condition : null;
  const text = formatMessage(message, {
    ...{ state: 'firing', cause: 'limits', rule: 'r', severity, host: host.name, alias: '', tags: host.tags },
    ...{ series: key, unit: 'bytes', value: 1, condition, forMs },
  });
  ok(text.length <= alertTextCharactersMax, 'a message is bounded');
}
