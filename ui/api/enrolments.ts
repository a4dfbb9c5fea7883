/** Enrolment tokens by REST: what lets new agents in. A token itself is answered once, when it is made. */
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, textRecordOf, wordOf } from './parse.ts';

const path = '/api/v1/enrolments';

const states = ['open', 'used', 'expired', 'revoked'] as const;
export type EnrolmentState = (typeof states)[number];

export interface Enrolment {
  readonly id: number;
  readonly name: string;
  readonly usesMax: number;
  readonly useCount: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdMs: number;
  /** '' for the operator's. */
  readonly by: string;
  readonly expiresMs: number;
  readonly state: EnrolmentState;
  /** That have enrolled by it, the newest first. */
  readonly hosts: readonly { readonly host: string; readonly atMs: number }[];
}

export interface MadeEnrolment {
  readonly made: Enrolment;
  readonly token: string;
}

export async function readEnrolments(
  client: HubClient,
  options: AskOptions = {},
): Promise<Asked<readonly Enrolment[]>> {
  const asked = await client.getJson(path, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: listOf(asked.value.body).flatMap(enrolmentOf) };
}

export async function createEnrolment(
  client: HubClient,
  { name, usesMax, expiresMs, tags }: Pick<Enrolment, 'name' | 'usesMax' | 'expiresMs' | 'tags'>,
): Promise<Asked<MadeEnrolment>> {
  const body = { name, uses: usesMax, expires: Math.round(expiresMs / 1_000), tags };
  const asked = await client.sendJson('POST', path, body);
  if (asked.kind === 'failed') return asked;
  const [made] = enrolmentOf(asked.value.body);
  const token = textOf(fieldsOf(asked.value.body).get('token'));
  return made === undefined || token === ''
    ? { kind: 'failed', why: 'The hub answered a token that this page does not know. Reload the page.', status: null }
    : { kind: 'ok', value: { made, token } };
}

export async function revokeEnrolment(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function enrolmentOf(body: unknown): Enrolment[] {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  const state = wordOf<EnrolmentState>(states, fields.get('state'));
  if (id === null || state === null) return [];
  return [
    {
      id,
      state,
      name: textOf(fields.get('name')),
      usesMax: numberOf(fields.get('uses')) ?? 0,
      useCount: numberOf(fields.get('used')) ?? 0,
      tags: textRecordOf(fields.get('tags')),
      createdMs: msOf(fields.get('created')) ?? 0,
      by: textOf(fields.get('created_by')),
      expiresMs: msOf(fields.get('expires')) ?? 0,
      hosts: listOf(fields.get('hosts')).map((host) => {
        const use = fieldsOf(host);
        return { host: textOf(use.get('host')), atMs: msOf(use.get('at')) ?? 0 };
      }),
    },
  ];
}
