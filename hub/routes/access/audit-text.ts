/**
 * Entries of the audit log as files: CSV that no spreadsheet takes for formulas, and JSON lines. Pure.
 */
import type { StoredAudit } from '../../store/access/audit.ts';
import { auditEntryOf } from './audit-schemas.ts';

export const auditCsvHead =
  'id,time,actor_kind,actor_id,actor,action,object,result,status,address,user_agent,repeats,detail\r\n';

/** RFC 4180. */
export function auditCsvLine(entry: StoredAudit): string {
  const { id, atMs, actorKind, actorId, actorName, action, object, result, status, address, userAgent } = entry;
  const cells = [
    ...[id, new Date(atMs).toISOString(), actorKind, actorId ?? '', actorName, action, object, result, status ?? ''],
    ...[address, userAgent, entry.repeats, Object.keys(entry.detail).length === 0 ? '' : JSON.stringify(entry.detail)],
  ];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function auditJsonLine(entry: StoredAudit): string {
  return `${JSON.stringify(auditEntryOf(entry))}\n`;
}

/**
 * One cell. Text that a spreadsheet would take for a formula begins with an apostrophe instead, as OWASP advises ("CSV
 * Injection"): names and user agents are strangers' words.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  // Full-width forms count as well: some programs fold them.
  const text = /^[\s]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /["',;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
