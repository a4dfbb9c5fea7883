/**
 * Entries of the audit log in words. An action that is not known here is told by its own name, so that one of a newer hub can
 * be read all the same. Pure.
 */
import type { ActorKind, AuditEntry } from '../../api/audit.ts';

/** Where "rule.created" would not read well as "created rule". */
const words: Readonly<Record<string, string>> = {
  'session.opened': 'signed in',
  'session.closed': 'signed out',
  'session.ended': 'ended session',
  'hub.started': 'started hub',
  'hub.stopped': 'stopped hub',
  'hub.claimed': 'made the first admin',
  'hub.wiped': 'wiped everything stored',
  'storage.aggregated': 'compacted storage',
  'password.changed': 'changed own password',
  'token.created': 'created API token',
  'token.revoked': 'revoked API token',
  'notice.retried': 'sent notice again',
  'channel.tested': 'tested channel',
  'audit.exported': 'exported audit log',
};

/** "created rule", of "rule.created". */
export function actionText(action: string): string {
  const known = words[action];
  if (known !== undefined) return known;
  const [noun = '', verb = ''] = action.split('.');
  const spaced = (name: string) =>
    name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replaceAll('-', ' ')
      .toLowerCase();
  return verb === '' ? spaced(noun) : `${spaced(verb)} ${spaced(noun)}`;
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
