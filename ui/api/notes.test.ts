import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { HubClient } from './client.ts';
import { createNote, editNote, readNotes, removeNote } from './notes.ts';

const body = {
  id: 4,
  at: 1_700_000_000.5,
  until: null,
  text: 'deploy',
  hosts: { names: ['web-*'], tags: { role: 'web' }, not_names: ['web-9'], not_tags: {} },
  author: 'ci',
  created: 1_700_000_001,
};
const note = {
  id: 4,
  atMs: 1_700_000_000_500,
  untilMs: null,
  text: 'deploy',
  hosts: { names: ['web-*'], tags: { role: 'web' }, notNames: ['web-9'], notTags: {} },
  author: 'ci',
  createdMs: 1_700_000_001_000,
};

/** A client that answers this, and what it was asked. */
function clientAnswering(answer: unknown, status = 200) {
  const requests: { readonly method: string; readonly path: string; readonly body: unknown }[] = [];
  const client = new HubClient(async (path, init) => {
    const { method = 'GET', body: sent } = init ?? {};
    requests.push({ method, path: String(path), body: sent === undefined ? null : JSON.parse(String(sent)) });
    return Response.json(answer, { status });
  });
  return { client, requests };
}

describe('notes', () => {
  test('are read by span, and those that are not as expected are left out', async () => {
    const { client, requests } = clientAnswering({ notes: [body, { text: 'x' }, null], next: 4 });
    const query = { startMs: -5, endMs: 2_500, host: 'web/1', before: 9, countMax: 50 };
    expect(await readNotes(client, query)).toEqual({ kind: 'ok', value: { notes: [note], next: 4 } });
    expect(requests[0]!.path).toBe('/api/v1/notes?limit=50&start=0&end=2.5&host=web%2F1&before=9');
  });

  test('are written with all that they say, and changed by what is new', async () => {
    const { client, requests } = clientAnswering(body);
    const { id: _, createdMs: __, ...draft } = note;
    expect(await createNote(client, draft)).toEqual({ kind: 'ok', value: note });
    await editNote(client, 4, { untilMs: 2_000, hosts: anyHost });
    await removeNote(client, 4);
    const { id: ___, created: ____, ...sent } = body;
    expect(requests).toEqual([
      { method: 'POST', path: '/api/v1/notes', body: sent },
      {
        method: 'PATCH',
        path: '/api/v1/notes/4',
        body: { until: 2, hosts: { names: [], tags: {}, not_names: [], not_tags: {} } },
      },
      { method: 'DELETE', path: '/api/v1/notes/4', body: {} },
    ]);
  });

  test.each([
    ['a refusal', { error: 'Cannot create note: text: some words are wanted' }, 400],
    ['no note', {}, 200],
  ])('%s is passed on as a sentence', async (_, answer, status) => {
    const { client } = clientAnswering(answer, status);
    expect(await createNote(client, note)).toMatchObject({ kind: 'failed', why: expect.stringMatching(/note/) });
  });
});
