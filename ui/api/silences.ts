/** Silences by REST: those that last, one more, one ended. */
import type { Silence, SilenceSpec } from '#core/downtime.ts';
import { severities } from '#core/rule-spec.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, textsOf, wordOf } from './parse.ts';
import { parseSelector, selectorJsonOf } from './selector.ts';

/** Those that still last, the newest first. */
export async function readSilences(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly Silence[]>> {
  const asked = await client.getJson('/api/v1/silences', options);
  if (asked.kind === 'failed') return asked;
  return { kind: 'ok', value: listOf(asked.value.body).flatMap(silenceOf) };
}

/** From now on until an instant, epoch ms. */
export async function createSilence(client: HubClient, spec: SilenceSpec, untilMs: number): Promise<Asked<Silence>> {
  const { hosts, rules, series, severities: levels, author, comment } = spec;
  const body = {
    ...{ hosts: selectorJsonOf(hosts), rules, series, severities: levels, author, comment },
    until: untilMs / 1_000,
  };
  const asked = await client.sendJson('POST', '/api/v1/silences', body);
  if (asked.kind === 'failed') return asked;
  const [silence] = silenceOf(asked.value.body);
  if (silence !== undefined) return { kind: 'ok', value: silence };
  return { kind: 'failed', why: 'The hub answered something that is no silence. Reload the page.', status: null };
}

export async function endSilence(client: HubClient, silenceId: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `/api/v1/silences/${silenceId}`, {});
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

export function silenceOf(value: unknown): Silence[] {
  const fields = fieldsOf(value);
  const id = numberOf(fields.get('id'));
  const untilMs = msOf(fields.get('until'));
  if (id === null || untilMs === null) return [];
  return [
    {
      id,
      untilMs,
      createdMs: msOf(fields.get('created')) ?? 0,
      spec: {
        hosts: parseSelector(fields.get('hosts')),
        rules: textsOf(fields.get('rules')),
        series: textsOf(fields.get('series')),
        severities: listOf(fields.get('severities')).flatMap((word) => wordOf(severities, word) ?? []),
        author: textOf(fields.get('author')),
        comment: textOf(fields.get('comment')),
      },
    },
  ];
}
