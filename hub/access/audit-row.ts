/**
 * An audit entry as it is kept: every text in it may come from a stranger, so each is cleaned and bounded, and what
 * looks like a secret by its name is masked even where a route forgot. Pure.
 */
import { actorName } from './actor.ts';
import type { AuditActor, AuditEntry } from './audit.ts';

export interface AuditRow {
  /** UUID: the same entry is written once, however often that is tried. */
  readonly key: string;
  readonly atMs: number;
  readonly actorKind: AuditActor['kind'];
  readonly actorId: number | null;
  readonly actorName: string;
  readonly action: string;
  readonly object: string;
  readonly result: AuditEntry['result'];
  readonly status: number | null;
  readonly address: string;
  readonly userAgent: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** How many alike it stands for. */
  readonly repeats: number;
}

/** Characters of each text; the checks of the table (sql/0010-audit.sql) allow as many. */
const charactersMax = { actorName: 200, action: 80, object: 300, address: 100, userAgent: 300 } as const;
const detailTextMax = 500;
const detailItemsMax = 50;
const detailDepthMax = 5;
const detailCharactersMax = 8_000;
const secretName = /^(?:.*_)?(?:password|passphrase|secret|token|key|cookie|authorization|csrf|code)$/i;

/** As the table takes it. */
export function toAuditRow(
  entry: AuditEntry,
  { key, repeats }: { readonly key: string; readonly repeats: number },
): AuditRow {
  const { atMs, actor, result, status } = entry;
  return {
    ...{ key, atMs, result, status, repeats },
    actorKind: actor.kind,
    actorId: actorIdOf(actor),
    actorName: cleanText(nameOf(actor), charactersMax.actorName),
    action: cleanText(entry.action, charactersMax.action),
    object: cleanText(entry.object, charactersMax.object),
    address: cleanText(entry.address, charactersMax.address),
    userAgent: cleanText(entry.userAgent, charactersMax.userAgent),
    detail: cleanDetail(entry.detail),
  };
}

/**
 * Text without anything that PostgreSQL cannot hold, a terminal would obey, or that turns its reading direction round; each such
 * character is a mark instead. Cut at `max` UTF-16 units.
 */
export function cleanText(text: string, max: number): string {
  // Looking through what is cut off anyway would cost as much as its length.
  const cleaned = text
    .slice(0, max + 1)
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\ufffd');
  return cleaned.length <= max ? cleaned : `${cleaned.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The same of a whole value, bounded in depth, width and size. */
export function cleanDetail(detail: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const cleaned = cleanValue(detail, 0) as Readonly<Record<string, unknown>>;
  const length = JSON.stringify(cleaned).length;
  return length <= detailCharactersMax ? cleaned : { cut: `the detail had ${length} characters` };
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, detailTextMax);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return value === undefined ? null : cleanText(String(value), detailTextMax);
  if (depth >= detailDepthMax) return '…';
  if (Array.isArray(value)) return value.slice(0, detailItemsMax).map((item) => cleanValue(item, depth + 1));
  const entries = Object.entries(value).slice(0, detailItemsMax);
  return Object.fromEntries(
    entries.map(([name, item]) => [cleanText(name, 100), secretOf(name, item) ?? cleanValue(item, depth + 1)]),
  );
}

/** A mask in the place of a secret; null for what is none. Numbers and yes or no are none, whatever they are called. */
function secretOf(name: string, value: unknown): string | null {
  return typeof value === 'string' && value !== '' && secretName.test(name) ? '(secret)' : null;
}

function nameOf(actor: AuditActor): string {
  if (actor.kind === 'agent') return actor.name;
  return actor.kind === 'hub' ? 'hub' : actorName(actor);
}

function actorIdOf(actor: AuditActor): number | null {
  switch (actor.kind) {
    case 'person':
      return actor.personId;
    case 'token':
      return actor.tokenId;
    case 'agent':
      return actor.hostId;
    case 'anonymous':
    case 'operator':
    case 'hub':
      return null;
  }
}
