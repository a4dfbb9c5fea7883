/** Alerts that are pending or firing as REST has them, in the form in which they come live: for when nothing comes live. */
import { type AlertRow, alertPhases } from '#core/message.ts';
import { type AlertCause, type AlertDecision, alertCauses, alertDecisions, severities } from '#core/rule-spec.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

/** Body of `/api/v1/alerts?state=open`. */
export function openAlertsOf(body: unknown): AlertRow[] {
  return listOf(fieldsOf(body).get('alerts')).flatMap(rowOf);
}

function rowOf(value: unknown): AlertRow[] {
  const fields = fieldsOf(value);
  const ruleId = numberOf(fields.get('rule_id'));
  const phase = wordOf(alertPhases, fields.get('state'));
  if (ruleId === null || phase === null || phase === 'inactive') return [];
  return [
    {
      ruleId,
      hostId: numberOf(fields.get('host_id')) ?? 0,
      series: textOf(fields.get('series')),
      phase,
      alertId: phase === 'firing' ? numberOf(fields.get('id')) : null,
      ruleName: textOf(fields.get('rule')),
      severity: wordOf(severities, fields.get('severity')) ?? 'warning',
      cause: wordIn<AlertCause>(alertCauses, fields.get('cause')) ?? 'limits',
      sinceMs: msOf(fields.get('since')) ?? 0,
      value: numberOf(fields.get('value')),
      message: textOf(fields.get('message')),
      decision: wordIn<AlertDecision>(alertDecisions, fields.get('decision')) ?? 'told',
      isAcknowledged: fieldsOf(fields.get('acknowledged')).size > 0,
    },
  ];
}

/** REST says `host_down` where the wire says `hostDown`. */
function wordIn<Word extends string>(words: readonly Word[], value: unknown): Word | null {
  const text = textOf(value).replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return wordOf(words, text);
}
