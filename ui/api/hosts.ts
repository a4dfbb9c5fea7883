/** Hosts by REST, with both sides of their tags, and what people do to them. */
import { type HostState, hostStates } from '#core/message.ts';
import type { HostTags } from '../model/hosts/tag-sides.ts';
import type { Asked, AskOptions, HubClient, JsonAnswer } from './client.ts';
import { entriesOf, fieldsOf, msOf, numberOf, textOf, textRecordOf, wordOf } from './parse.ts';

export interface HostDetails extends HostTags {
  readonly name: string;
  readonly alias: string;
  readonly kind: 'agent' | 'push';
  readonly state: HostState;
  readonly agentVersion: string;
  readonly intervalMs: number;
  readonly firstSeenMs: number | null;
}

/** What is absent stays as it is. */
export interface HostChange {
  readonly name?: string;
  readonly alias?: string;
  readonly peopleTags?: Readonly<Record<string, string | null>>;
}

/** By name. */
export async function readHosts(
  client: HubClient,
  options: AskOptions = {},
): Promise<Asked<ReadonlyMap<string, HostDetails>>> {
  const asked = await client.getJson('/api/v1/hosts', options);
  if (asked.kind === 'failed') return asked;
  const hosts = entriesOf(asked.value.body).map(([name, row]) => [name, parseHost(row, name)] as const);
  return { kind: 'ok', value: new Map(hosts) };
}

export async function readHost(client: HubClient, name: string, options: AskOptions = {}): Promise<Asked<HostDetails>> {
  return detailsOf(await client.getJson(pathOf(name), options), name);
}

export async function changeHost(client: HubClient, name: string, change: HostChange): Promise<Asked<HostDetails>> {
  const { peopleTags, ...rest } = change;
  const body = { ...rest, ...(peopleTags === undefined ? {} : { tags: peopleTags }) };
  return detailsOf(await client.sendJson('PATCH', pathOf(name), body), change.name ?? name);
}

export async function removeHost(client: HubClient, name: string): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', pathOf(name), {});
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function pathOf(name: string): string {
  return `/api/v1/hosts/${encodeURIComponent(name)}`;
}

function detailsOf(asked: Asked<JsonAnswer>, name: string): Asked<HostDetails> {
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: parseHost(asked.value.body, name) };
}

/** A field that is not as expected is as if the hub did not know. */
function parseHost(row: unknown, name: string): HostDetails {
  const fields = fieldsOf(row);
  return {
    name: textOf(fields.get('name')) || name,
    alias: textOf(fields.get('alias')),
    kind: fields.get('kind') === 'push' ? 'push' : 'agent',
    state: wordOf(hostStates, fields.get('status')) ?? 'never',
    agentTags: textRecordOf(fields.get('agent_tags')),
    peopleTags: Object.fromEntries(
      entriesOf(fields.get('people_tags')).filter(
        (entry): entry is [string, string | null] => typeof entry[1] === 'string' || entry[1] === null,
      ),
    ),
    agentVersion: textOf(fields.get('agent_version')),
    intervalMs: (numberOf(fields.get('interval')) ?? 0) * 1_000,
    firstSeenMs: msOf(fields.get('first_seen')),
  };
}
