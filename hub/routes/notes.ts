/**
 * Notes on charts by REST, as people and scripts that deploy make them.
 */
import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { parseBody } from '../json-body.ts';
import { visibleLine } from './alert-schemas.ts';
import { authorOf, idOf, read, removal } from './alerts/common.ts';
import { noteDetail } from './audit-details.ts';
import type { EngineOf } from './fetch.ts';
import { noteAnswerOf, noteBody, noteDraftOf, noteEditOf, notePatchBody } from './note-body.ts';
import { idempotencyKeyOf } from './push.ts';
import { parseQuery } from './schemas.ts';

const seconds = z.coerce.number().min(0).max(1e11);

export const notesQuery = z.object({
  start: seconds.optional().describe('Epoch seconds: those that are then or later, or reach into it'),
  end: seconds.optional().describe('Epoch seconds: those that begin before'),
  host: visibleLine(255).optional().describe('Only those on the charts of this host'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional()
    .describe('"next" of the answer before'),
});

/** A thousand names of hosts, and a text. */
const change = { method: 'post', access: 'editor', isChange: true, bodyBytesMax: 512 * 1024 } as const;

export function noteRoutes(engineOf: EngineOf): Route[] {
  return [
    { ...read, path: '/api/v1/notes', answer: (request) => answerNotes(engineOf(), request) },
    {
      ...read,
      path: '/api/v1/notes/*',
      answer: async (request) => jsonAnswer(noteAnswerOf(await engineOf().notes.find(idOf(request, 'note')))),
    },
    {
      ...change,
      action: 'note.created',
      path: '/api/v1/notes',
      answer: async (request) => {
        const said = noteDraftOf(parseBody(noteBody, request.body, 'create note'), Date.now());
        const draft = { ...said, author: authorOf(request, said.author) };
        const key = idempotencyKeyOf(request, 'create note');
        request.note.object = draft.text;
        request.note.detail = noteDetail(draft);
        const { note, isNew } = await engineOf().notes.create(draft, key === '' ? null : key);
        request.note.detail = { id: note.id, ...noteDetail(note) };
        return jsonAnswer(noteAnswerOf(note), isNew ? 201 : 200);
      },
    },
    {
      ...change,
      method: 'patch',
      action: 'note.changed',
      path: '/api/v1/notes/*',
      answer: async (request) => {
        const id = idOf(request, 'note');
        const said = noteEditOf(parseBody(notePatchBody, request.body, 'change note'));
        // Whose note it is does not change by who mends it, and nobody signs for somebody else.
        const edit = request.actor.kind === 'person' ? { ...said, author: undefined } : said;
        await noteBefore(engineOf(), request, id);
        const note = await engineOf().notes.edit(id, edit);
        request.note.detail = { ...request.note.detail, becomes: noteDetail(note) };
        return jsonAnswer(noteAnswerOf(note));
      },
    },
    {
      ...removal,
      action: 'note.removed',
      path: '/api/v1/notes/*',
      answer: async (request) => {
        const id = idOf(request, 'note');
        await noteBefore(engineOf(), request, id);
        await engineOf().notes.remove(id);
        return jsonAnswer({ status: 'success' });
      },
    },
  ];
}

/** What there is before it is changed or gone. One that cannot be read is known by its id: what is asked for then fails by itself. */
async function noteBefore({ notes }: Engine, { note }: HttpRequest, id: number): Promise<void> {
  note.detail = { id };
  try {
    const before = await notes.find(id);
    note.object = before.text;
    note.detail = { id, ...noteDetail(before) };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
  }
}

async function answerNotes(engine: Engine, request: HttpRequest) {
  const { start, end, host, limit, before } = parseQuery(notesQuery, request.query);
  if (start !== undefined && end !== undefined && start >= end)
    throw new HttpError(400, 'Cannot list notes: the end must be after the start');
  const { notes, next } = await engine.notes.list({
    startMs: start === undefined ? null : start * 1_000,
    endMs: end === undefined ? null : end * 1_000,
    // A host that is no more has no tags: what says its name is found.
    host: host === undefined ? null : (engine.registry.byName(host)?.identity ?? { name: host, tags: {} }),
    beforeId: before ?? null,
    countMax: limit,
  });
  return jsonAnswer({ notes: notes.map(noteAnswerOf), next });
}
