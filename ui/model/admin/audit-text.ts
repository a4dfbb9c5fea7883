/**
 * Entries of the audit log in words. An action that is not known here is told by its own name, so that one of a newer hub can
 * be read all the same. Pure.
 */
import type { ActorKind, AuditEntry } from '../../api/audit.ts';

interface Deed {
  readonly done: string;
  /** After "to". */
  readonly wanted: string;
}

/** Where "rule.created" would not read well as "created rule". */
const deeds: Readonly<Record<string, Deed>> = {
  'session.opened': { done: 'signed in', wanted: 'sign in' },
  'session.closed': { done: 'signed out', wanted: 'sign out' },
  'session.ended': { done: 'ended session', wanted: 'end session' },
  'hub.started': { done: 'started hub', wanted: 'start hub' },
  'hub.stopped': { done: 'stopped hub', wanted: 'stop hub' },
  'hub.claimed': { done: 'made the first admin', wanted: 'make the first admin' },
  'hub.wiped': { done: 'wiped everything stored', wanted: 'wipe everything stored' },
  'storage.aggregated': { done: 'compacted storage', wanted: 'compact storage' },
  'password.changed': { done: 'changed own password', wanted: 'change own password' },
  'token.created': { done: 'created API token', wanted: 'create API token' },
  'token.revoked': { done: 'revoked API token', wanted: 'revoke API token' },
  'enrolment.created': { done: 'created enrolment token', wanted: 'create enrolment token' },
  'enrolment.revoked': { done: 'revoked enrolment token', wanted: 'revoke enrolment token' },
  'agent.enrolled': { done: 'enrolled', wanted: 'enrol' },
  'agent.refused': { done: 'connected', wanted: 'connect' },
  'agent.duplicated': { done: 'connected a second time', wanted: 'connect a second time' },
  'agent.rotated': { done: 'took a new token', wanted: 'take a new token' },
  'agent.rotation-ordered': { done: 'ordered a new token for agent', wanted: 'order a new token for agent' },
  'agent.allowed': { done: 'allowed agent to enrol again', wanted: 'allow agent to enrol again' },
  'agent.split-ordered': { done: 'ordered a split of agent', wanted: 'order a split of agent' },
  'agent.split': { done: 'became a host of its own', wanted: 'become a host of its own' },
  'notice.retried': { done: 'sent notice again', wanted: 'send notice again' },
  'channel.tested': { done: 'tested channel', wanted: 'test channel' },
  'script.ran': { done: 'ran script', wanted: 'run script' },
  'script.refused': { done: 'ran script', wanted: 'run script' },
  'audit.exported': { done: 'exported audit log', wanted: 'export audit log' },
};

const verbs: Readonly<Record<string, string>> = {
  ...{ created: 'create', changed: 'change', removed: 'remove', revoked: 'revoke', uploaded: 'upload' },
  acknowledged: 'acknowledge',
};

/** "created rule", of "rule.created". */
export function actionText(action: string): string {
  const known = deeds[action];
  if (known !== undefined) return known.done;
  const { noun, verb } = wordsOf(action);
  return verb === '' ? noun : `${verb} ${noun}`;
}

/** What came of it: "created rule", "was refused: create rule", "failed to create rule". */
export function didText({ action, result }: Pick<AuditEntry, 'action' | 'result'>): string {
  if (result === 'done') return actionText(action);
  const wanted = wantedOf(action);
  if (wanted === null) return `${result}: ${actionText(action)}`;
  return result === 'refused' ? `was refused: ${wanted}` : `failed to ${wanted}`;
}

/** null where the verb is not known: one of a newer hub. */
function wantedOf(action: string): string | null {
  const known = deeds[action];
  if (known !== undefined) return known.wanted;
  const { noun, verb } = wordsOf(action);
  const wanted = verbs[verb];
  return wanted === undefined ? null : `${wanted} ${noun}`;
}

function wordsOf(action: string): { readonly noun: string; readonly verb: string } {
  const [noun = '', verb = ''] = action.split('.');
  const spaced = (name: string) =>
    name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replaceAll('-', ' ')
      .toLowerCase();
  return { noun: spaced(noun), verb: spaced(verb) };
}

const nameless: Readonly<Record<ActorKind, string>> = {
  anonymous: 'nobody signed in',
  person: 'a person',
  token: 'a token',
  operator: 'operator',
  agent: 'an agent',
  hub: 'hub',
};

/** Who it was. */
export function actorText({ actorKind, actorName }: AuditEntry): string {
  return actorName === '' ? nameless[actorKind] : actorName;
}

/** What kind of actor that is, where the name alone does not say so. */
export function actorKindText({ actorKind }: AuditEntry): string {
  if (actorKind === 'token') return 'API token';
  return actorKind === 'agent' ? 'agent' : '';
}

/** How it ended, as a word; empty for what went well. */
export function resultText({ result, repeats }: AuditEntry): string {
  const times = repeats > 1 ? `, ${repeats} times` : '';
  return result === 'done' ? times.replace(', ', '') : `${result}${times}`;
}

/** A value of the detail on one line or, where it has parts, on several. */
export function detailText(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, null, 2) ?? '';
}

/** Spans to look back over, by what stands in the address. */
export const auditSpans: readonly { readonly id: string; readonly title: string; readonly ms: number | null }[] = [
  { id: '', title: 'any time', ms: null },
  { id: '1h', title: 'last hour', ms: 3_600_000 },
  { id: '24h', title: 'last 24 hours', ms: 86_400_000 },
  { id: '7d', title: 'last 7 days', ms: 7 * 86_400_000 },
  { id: '30d', title: 'last 30 days', ms: 30 * 86_400_000 },
  { id: '365d', title: 'last year', ms: 365 * 86_400_000 },
];
