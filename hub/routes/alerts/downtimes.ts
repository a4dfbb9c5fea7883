/**
 * Downtimes and silences by REST.
 */
import type { Downtime, DowntimeSpec, SilenceSpec } from '#core/downtime.ts';
import type { AuditNote } from '../../access/audit.ts';
import type { AlertBook } from '../../alert-book.ts';
import { jsonAnswer, type Route } from '../../http.ts';
import { parseJson } from '../../json-body.ts';
import { downtimeDetail, hostsText, silenceDetail, silenceText } from '../audit-details.ts';
import {
  downtimeAnswerOf,
  downtimeBody,
  downtimeSpecOf,
  patchedDowntimeBody,
  silenceAnswerOf,
  silenceBody,
  silenceSpecOf,
} from '../downtime-body.ts';
import type { EngineOf } from '../fetch.ts';
import { listAnswer } from '../list-answer.ts';
import { authorOf, change, converted, idOf, parsePatch, read, removal } from './common.ts';

export function downtimeRoutes(engineOf: EngineOf): Route[] {
  return [
    {
      ...read,
      path: '/api/v1/downtimes',
      answer: () => {
        const nowMs = Date.now();
        const { downtimes } = engineOf().alertBook.definitions;
        return listAnswer([...downtimes].reverse(), (downtime) => downtimeAnswerOf(downtime, nowMs));
      },
    },
    {
      ...read,
      path: '/api/v1/downtimes/*',
      answer: (request) =>
        jsonAnswer(downtimeAnswerOf(engineOf().alertBook.downtime(idOf(request, 'downtime')), Date.now())),
    },
    {
      ...change,
      action: 'downtime.created',
      path: '/api/v1/downtimes',
      answer: async (request) => {
        const said = parseDowntime(parseJson(request.body), 'create downtime');
        const spec = { ...said, author: authorOf(request, said.author) };
        noteDowntime(request.note, { spec });
        const downtime = await engineOf().alertBook.createDowntime(spec);
        noteDowntime(request.note, downtime);
        return jsonAnswer(downtimeAnswerOf(downtime, Date.now()), 201);
      },
    },
    {
      ...change,
      method: 'patch',
      action: 'downtime.changed',
      path: '/api/v1/downtimes/*',
      answer: async (request) => {
        const id = idOf(request, 'downtime');
        const act = 'change downtime';
        const patch = parsePatch(request.body, act);
        noteKnownDowntime(request.note, engineOf().alertBook, id);
        const become = (before: Downtime) => {
          const said = parseDowntime(patchedDowntimeBody(before, patch), act);
          noteDowntime(request.note, before);
          request.note.detail = { ...request.note.detail, becomes: downtimeDetail(said) };
          return request.actor.kind === 'person' ? { ...said, author: before.spec.author } : said;
        };
        return jsonAnswer(downtimeAnswerOf(await engineOf().alertBook.editDowntime(id, become), Date.now()));
      },
    },
    {
      ...removal,
      action: 'downtime.removed',
      path: '/api/v1/downtimes/*',
      answer: async (request) => {
        const id = idOf(request, 'downtime');
        noteKnownDowntime(request.note, engineOf().alertBook, id);
        await engineOf().alertBook.removeDowntime(id);
        return jsonAnswer({ status: 'success' });
      },
    },
  ];
}

export function silenceRoutes(engineOf: EngineOf): Route[] {
  return [
    {
      ...read,
      path: '/api/v1/silences',
      answer: () => {
        const nowMs = Date.now();
        const lasting = engineOf().alertBook.definitions.silences.filter(({ untilMs }) => untilMs > nowMs);
        return listAnswer(lasting.reverse(), (silence) => silenceAnswerOf(silence, nowMs));
      },
    },
    {
      ...read,
      path: '/api/v1/silences/*',
      answer: (request) =>
        jsonAnswer(silenceAnswerOf(engineOf().alertBook.silence(idOf(request, 'silence')), Date.now())),
    },
    {
      ...change,
      action: 'silence.created',
      path: '/api/v1/silences',
      answer: async (request) => {
        const nowMs = Date.now();
        const { silence: said, untilMs } = converted(parseJson(request.body), {
          schema: silenceBody,
          act: 'create silence',
          convert: (body) => {
            const drafted = silenceSpecOf(body, nowMs);
            return drafted.kind === 'refused' ? drafted : { kind: 'done', item: drafted.spec };
          },
        });
        const spec = { ...said, author: authorOf(request, said.author) };
        noteSilence(request.note, { spec, untilMs, createdMs: nowMs });
        const silence = await engineOf().alertBook.createSilence(spec, untilMs);
        noteSilence(request.note, silence);
        return jsonAnswer(silenceAnswerOf(silence, nowMs), 201);
      },
    },
    {
      ...removal,
      action: 'silence.removed',
      path: '/api/v1/silences/*',
      answer: async (request) => {
        const id = idOf(request, 'silence');
        const { alertBook } = engineOf();
        request.note.detail = { id };
        // It is gone afterwards, and with it what was silent.
        const silence = alertBook.isLoaded && alertBook.definitions.silences.find((one) => one.id === id);
        if (silence) noteSilence(request.note, silence);
        await alertBook.removeSilence(id);
        return jsonAnswer({ status: 'success' });
      },
    },
  ];
}

/** Without an id: one that is about to be made. */
export function noteDowntime(
  note: AuditNote,
  { id, name = '', spec }: { readonly id?: number; readonly name?: string; readonly spec: DowntimeSpec },
): void {
  note.object = name || hostsText(spec.hosts);
  note.detail = { ...(id === undefined ? {} : { id }), ...downtimeDetail(spec) };
}

/** As it is before something is done to it; one that only another hub knows yet is noted by its id. */
export function noteKnownDowntime(note: AuditNote, book: AlertBook, id: number): void {
  note.detail = { id };
  const downtime = book.isLoaded ? book.definitions.downtimes.find((one) => one.id === id) : undefined;
  if (downtime !== undefined) noteDowntime(note, downtime);
}

function noteSilence(
  note: AuditNote,
  silence: { readonly id?: number; readonly spec: SilenceSpec; readonly untilMs: number; readonly createdMs: number },
): void {
  const { id, spec, untilMs, createdMs: startMs } = silence;
  note.object = silenceText(spec);
  note.detail = { ...(id === undefined ? {} : { id }), ...silenceDetail(spec, { startMs, untilMs }) };
}

/** Throws HttpError 400. */
function parseDowntime(content: unknown, act: string): DowntimeSpec {
  return converted(content, {
    schema: downtimeBody,
    act,
    convert: (body) => {
      const drafted = downtimeSpecOf(body);
      return drafted.kind === 'refused' ? drafted : { kind: 'done', item: drafted.spec };
    },
  });
}
