/**
 * The audit log by REST, for admins: page by page, or as a file. An export is written down itself.
 */
import type { Engine } from '../../engine.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import type { AuditFilter, StoredAudit } from '../../store/access/audit.ts';
import type { EngineOf } from '../fetch.ts';
import { parseQuery } from '../schemas.ts';
import { auditEntryOf, auditExportQuery, auditFilterOf, auditQuery } from './audit-schemas.ts';
import { auditCsvHead, auditCsvLine, auditJsonLine } from './audit-text.ts';
import { fresh } from './session.ts';

const reading = { method: 'get', access: 'admin', isChange: false, action: null, bodyBytesMax: 0 } as const;
/** Rows of an export that are read at once: some 500 KB, while the client takes those before. */
const exportRows = 1_000;

export function auditRoutes(engineOf: EngineOf): Route[] {
  return [
    { ...reading, path: '/api/v1/audit', answer: (request) => answerPage(engineOf(), request) },
    {
      ...reading,
      path: '/api/v1/audit/actions',
      answer: async () => ({
        ...jsonAnswer(await known(engineOf().archive.call('auditActions', null))),
        headers: fresh,
      }),
    },
    {
      ...reading,
      action: 'audit.exported',
      path: '/api/v1/audit/export',
      answer: (request) => answerExport(engineOf(), request),
    },
  ];
}

async function answerPage(engine: Engine, request: HttpRequest) {
  const { limit, before, ...filter } = parseQuery(auditQuery, request.query);
  const asked = { ...checked(auditFilterOf(filter)), beforeId: before ?? null, countMax: limit };
  const entries = await known(engine.archive.call('audit', asked));
  const next = entries.length < limit ? null : entries[entries.length - 1]!.id;
  return { ...jsonAnswer({ entries: entries.map(auditEntryOf), next }), headers: fresh };
}

async function answerExport(engine: Engine, request: HttpRequest) {
  const { format, ...asked } = parseQuery(auditExportQuery, request.query);
  const filter = checked(auditFilterOf(asked));
  request.note.object = format;
  request.note.detail = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const read = (beforeId: number | null) =>
    known(engine.archive.call('audit', { ...filter, beforeId, countMax: exportRows }));
  // Read before the head is given out: that the database is away is still a clean answer.
  const first = await read(null);
  const day = new Date().toISOString().slice(0, 10);
  return {
    status: 200,
    type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
    headers: { ...fresh, 'content-disposition': `attachment; filename="pulsewire-audit-${day}.${format}"` },
    body: parts(first, { read, isCsv: format === 'csv' }),
  };
}

async function* parts(
  first: readonly StoredAudit[],
  { read, isCsv }: { readonly read: (beforeId: number) => Promise<StoredAudit[]>; readonly isCsv: boolean },
): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new TextEncoder();
  if (isCsv) yield encoder.encode(auditCsvHead);
  for (let rows = first; rows.length > 0; rows = await read(rows[rows.length - 1]!.id)) {
    yield encoder.encode(rows.map(isCsv ? auditCsvLine : auditJsonLine).join(''));
    if (rows.length < exportRows) return;
  }
}

function checked(filter: AuditFilter): AuditFilter {
  if (filter.startMs === null || filter.endMs === null || filter.startMs < filter.endMs) return filter;
  throw new HttpError(400, 'Cannot read audit log: the end must be after the start');
}

/** Whatever the thread says then, it is the database that does not answer. */
async function known<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch {
    throw new HttpError(503, 'Cannot read audit log: the database must answer', { 'retry-after': '5' });
  }
}
