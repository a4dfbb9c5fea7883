/**
 * Channels by REST, and the notices that went over them. Secrets go in and never come out: what is secret reads
 * `secretMask`, and sent back like that it stays as it was.
 */
import type { Asked, AskOptions, HubClient, JsonAnswer } from './client.ts';
import { entriesOf, fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

const path = '/api/v1/channels';
export const secretMask = '(secret)';

export const channelKinds = ['email', 'webhook', 'slack', 'ntfy', 'discord', 'telegram', 'pagerduty', 'teams'] as const;
export type ChannelKind = (typeof channelKinds)[number];
/** Values by the names of `docs/alerts.md`. */
export type ChannelSettings = Readonly<Record<string, unknown>>;

export interface ChannelDraft {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly settings: ChannelSettings;
  readonly isEnabled: boolean;
}

export interface Channel extends ChannelDraft {
  readonly id: number;
  readonly origin: 'api' | 'file';
  readonly version: number;
  readonly changedMs: number;
}

export async function readChannels(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly Channel[]>> {
  const asked = await client.getJson(path, options);
  if (asked.kind === 'failed') return asked;
  const channels = listOf(asked.value.body).map(parseChannel);
  return { kind: 'ok', value: channels.filter((channel) => channel !== null) };
}

export async function createChannel(client: HubClient, draft: ChannelDraft): Promise<Asked<Channel>> {
  return channelOf(await client.sendJson('POST', path, jsonOf(draft)));
}

/** Refused with status 409 when somebody has changed it since `version`. */
export async function changeChannel(
  client: HubClient,
  { id, version }: Pick<Channel, 'id' | 'version'>,
  draft: ChannelDraft,
): Promise<Asked<Channel>> {
  return channelOf(await client.sendJson('PATCH', `${path}/${id}`, { ...jsonOf(draft), version }));
}

export async function enableChannel(client: HubClient, id: number, isEnabled: boolean): Promise<Asked<Channel>> {
  return channelOf(await client.sendJson('PATCH', `${path}/${id}`, { enabled: isEnabled }));
}

export async function deleteChannel(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

export interface TestResult {
  readonly isSent: boolean;
  /** What the receiver said. */
  readonly answer: string;
}

/** A receiver is given up on after 10 s: the hub may take a little longer than that. */
const testMsMax = 20_000;

/** Sends a test notice now, past downtimes and silences. */
export async function testChannel(client: HubClient, id: number): Promise<Asked<TestResult>> {
  const asked = await client.sendJson('POST', `${path}/${id}/test`, undefined, { timeoutMs: testMsMax });
  if (asked.kind === 'failed') return asked;
  const fields = fieldsOf(asked.value.body);
  return { kind: 'ok', value: { isSent: fields.get('status') === 'sent', answer: textOf(fields.get('answer')) } };
}

export const noticeStates = ['waiting', 'sending', 'sent', 'dead'] as const;

export interface Notice {
  readonly id: number;
  readonly channelId: number;
  readonly state: (typeof noticeStates)[number];
  readonly createdMs: number;
  readonly sentMs: number | null;
  /** Of one that waits: when it is tried next. */
  readonly dueMs: number;
  readonly attempts: number;
  /** When it was tried last; null when it was not. */
  readonly triedMs: number | null;
  /** What the receiver said to the last try; '' when there was none. */
  readonly answer: string;
  readonly alertId: number | null;
  /** fired, resolved, repeated, … */
  readonly event: string;
  readonly rule: string;
  readonly host: string;
  readonly message: string;
}

/** The newest first. */
export async function readNotices(
  client: HubClient,
  {
    channelId,
    state,
    limit = 20,
    ...options
  }: AskOptions & {
    readonly channelId?: number;
    readonly state?: 'waiting' | 'sent' | 'dead';
    readonly limit?: number;
  } = {},
): Promise<Asked<readonly Notice[]>> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (channelId !== undefined) query.set('channel', String(channelId));
  if (state !== undefined) query.set('state', state);
  const asked = await client.getJson(`/api/v1/notices?${query}`, options);
  if (asked.kind === 'failed') return asked;
  const notices = listOf(fieldsOf(asked.value.body).get('notices')).map(parseNotice);
  return { kind: 'ok', value: notices.filter((notice) => notice !== null) };
}

/** Begins anew with one that was given up. */
export async function retryNotice(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('POST', `/api/v1/notices/${id}/retry`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

export function parseChannel(body: unknown): Channel | null {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  const kind = wordOf(channelKinds, fields.get('kind'));
  if (id === null || kind === null) return null;
  return {
    id,
    name: textOf(fields.get('name')),
    kind,
    settings: Object.fromEntries(entriesOf(fields.get('settings'))),
    isEnabled: fields.get('enabled') !== false,
    origin: fields.get('origin') === 'file' ? 'file' : 'api',
    version: numberOf(fields.get('version')) ?? 1,
    changedMs: msOf(fields.get('changed')) ?? 0,
  };
}

export function parseNotice(body: unknown): Notice | null {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  const state = wordOf(noticeStates, fields.get('state'));
  if (id === null || state === null) return null;
  const lastTry = listOf(fields.get('tries')).at(-1);
  return {
    id,
    channelId: numberOf(fields.get('channel_id')) ?? 0,
    state,
    createdMs: msOf(fields.get('created')) ?? 0,
    sentMs: msOf(fields.get('sent')),
    dueMs: msOf(fields.get('due')) ?? 0,
    attempts: numberOf(fields.get('attempts')) ?? 0,
    triedMs: msOf(fieldsOf(lastTry).get('at')),
    answer: textOf(fieldsOf(lastTry).get('answer')),
    alertId: numberOf(fields.get('alert_id')),
    event: textOf(fields.get('event')),
    rule: textOf(fields.get('rule')),
    host: textOf(fields.get('host')),
    message: textOf(fields.get('message')),
  };
}

function jsonOf({ name, kind, settings, isEnabled }: ChannelDraft): Readonly<Record<string, unknown>> {
  return { name, kind, settings, enabled: isEnabled };
}

function channelOf(asked: Asked<JsonAnswer>): Asked<Channel> {
  if (asked.kind === 'failed') return asked;
  const channel = parseChannel(asked.value.body);
  return channel === null
    ? { kind: 'failed', why: 'The hub answered a channel that this page does not know. Reload the page.', status: null }
    : { kind: 'ok', value: channel };
}
