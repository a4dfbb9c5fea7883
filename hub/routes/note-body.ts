/**
 * Notes on charts as REST takes and shows them.
 */
import { z } from 'zod';
import type { Note, NoteDraft } from '#core/note.ts';
import type { NoteEdit } from '../store/notes.ts';
import { hostSelectorBody, visibleLine, visibleText } from './alert-schemas.ts';
import { instantBody, instantMs } from './downtime-body.ts';
import { selectorBodyOf, selectorOf } from './rule-body.ts';

const text = visibleText(1_000)
  .refine((words) => words.trim() !== '', 'some words are wanted')
  .describe('What happened');
const at = instantBody.describe('When: epoch seconds, or a time with its offset');
const until = instantBody.nullable().describe('Its end, at most 366 days later; null: a moment');
const hosts = hostSelectorBody.describe('On whose charts it stands; {} means all');
const author = visibleLine(200);

export const noteBody = z.strictObject({
  text,
  at: at.optional().describe('When: epoch seconds, or a time with its offset; now when absent'),
  until: until.default(null),
  hosts: hosts.default({ names: [], tags: {}, not_names: [], not_tags: {} }),
  author: author.default(''),
});

export const notePatchBody = z
  .strictObject({
    text: text.optional(),
    at: at.optional(),
    until: until.optional(),
    hosts: hosts.optional(),
    author: author.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'something to be changed is wanted');

const seconds = z.number().describe('Epoch seconds');

export const noteAnswer = z.object({
  id: z.number().int(),
  at: seconds,
  until: seconds.nullable(),
  text: z.string(),
  hosts: hostSelectorBody,
  author: z.string(),
  created: seconds,
});

export const noteListAnswer = z.object({
  notes: z.array(noteAnswer),
  next: z.number().int().nullable().describe('To be given as "before" for what follows; null at the end'),
});

export function noteDraftOf(body: z.output<typeof noteBody>, nowMs: number): NoteDraft {
  return {
    text: body.text,
    // A union of number and ISO time has been through the schema.
    atMs: body.at === undefined ? nowMs : instantMs(body.at)!,
    untilMs: body.until === null ? null : instantMs(body.until),
    hosts: selectorOf(body.hosts),
    author: body.author,
  };
}

export function noteEditOf(patch: z.output<typeof notePatchBody>): NoteEdit {
  return {
    text: patch.text,
    atMs: patch.at === undefined ? undefined : instantMs(patch.at)!,
    untilMs: patch.until === undefined || patch.until === null ? patch.until : instantMs(patch.until),
    hosts: patch.hosts === undefined ? undefined : selectorOf(patch.hosts),
    author: patch.author,
  };
}

export function noteAnswerOf({ id, atMs, untilMs, text: words, hosts: selector, author: by, createdMs }: Note) {
  return {
    id,
    at: atMs / 1_000,
    until: untilMs === null ? null : untilMs / 1_000,
    text: words,
    hosts: selectorBodyOf(selector),
    author: by,
    created: createdMs / 1_000,
  } satisfies z.infer<typeof noteAnswer>;
}
