/**
 * The OpenAPI paths of notes on charts.
 */
import { z } from 'zod';
import { noteAnswer, noteBody, noteListAnswer, notePatchBody } from '../note-body.ts';
import { notesQuery } from '../notes.ts';
import { errors, pathParameter, queryParameters, requestBody, response } from './parts.ts';

export function notePaths() {
  return {
    '/api/v1/notes': {
      get: {
        summary: 'Notes on charts, newest first',
        parameters: queryParameters(notesQuery),
        responses: { 200: response('A page', noteListAnswer), ...errors(400, 503) },
      },
      post: {
        summary: 'Write a note on charts',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description: 'Posted again with the same key it is the same note, answered by 200',
            schema: { type: 'string', maxLength: 200 },
          },
        ],
        requestBody: requestBody(noteBody),
        responses: {
          200: response('The note that was made with this key', noteAnswer),
          201: response('The note', noteAnswer),
          ...errors(400, 403, 409, 413, 415, 503),
        },
      },
    },
    '/api/v1/notes/{id}': {
      parameters: [pathParameter('id', 'Id of the note')],
      get: { summary: 'One note', responses: { 200: response('The note', noteAnswer), ...errors(404, 503) } },
      patch: {
        summary: 'Change a note',
        requestBody: requestBody(notePatchBody),
        responses: { 200: response('The note', noteAnswer), ...errors(400, 403, 404, 413, 415, 503) },
      },
      delete: {
        summary: 'Remove a note',
        responses: {
          200: response('Removed', z.object({ status: z.literal('success') })),
          ...errors(403, 404, 503),
        },
      },
    },
  };
}
