import { describe, expect, test } from 'vitest';
import { HubClient } from '../../api/client.ts';
import { ruleJsonOf } from '../../api/rule-json.ts';
import { newRuleDraft } from './rule-draft.ts';
import { RuleEditor } from './rule-editor.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const kept = {
  ...ruleJsonOf({ ...newRuleDraft({ host: '', metric: '' }), name: 'CPU high' }),
  id: 7,
  origin: 'api',
  version: 3,
  created: 1,
  changed: 2,
};

/** A hub that answers each request by `answer`: a body, or a refusal with its status. */
function editorOf(answer: (request: Request) => { readonly status?: number; readonly body: unknown }) {
  const requests: Request[] = [];
  const client = new HubClient(async (path, init = {}) => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : {};
    const request = { method: init.method ?? 'GET', path: String(path), body };
    requests.push(request);
    const { status = 200, body: answered } = answer(request);
    return new Response(JSON.stringify(answered), { status });
  });
  return { editor: new RuleEditor(client), requests };
}

/** Gives the rule back as it was sent, with a new version. */
const keeps = ({ method, body }: Request) => ({ body: method === 'GET' ? kept : { ...kept, ...body, version: 4 } });
const place = { id: 7, host: '', metric: '', copyOf: null };
const newPlace = { ...place, id: null };

describe('RuleEditor', () => {
  test('is clean until something is changed, and again when it is changed back', async () => {
    const { editor } = editorOf(keeps);
    await editor.load(place);
    expect([editor.phase, editor.isDirty]).toEqual(['ready', false]);
    editor.set({ hold: '5 m' });
    expect(editor.isDirty).toBe(true);
    editor.set({ hold: '120' });
    expect(editor.isDirty).toBe(false);
    editor.set({ hold: 'soon' });
    expect([editor.isDirty, editor.draft]).toEqual([true, null]);
    editor.discard();
    expect([editor.isDirty, editor.form.hold]).toEqual([false, '2\u202fm']);
  });

  test('sends a change with the version that was read, and is clean after it', async () => {
    const { editor, requests } = editorOf(keeps);
    await editor.load(place);
    editor.set({ threshold: '90' });
    expect(await editor.save()).toMatchObject({ id: 7, version: 4 });
    expect(requests[1]).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/rules/7',
      body: { threshold: 90, version: 3 },
    });
    expect([editor.isDirty, editor.form.threshold]).toEqual([false, '90']);
  });

  test('creates a new one, with what the address begins it with', async () => {
    const { editor, requests } = editorOf(keeps);
    await editor.load({ ...newPlace, host: 'web-01', metric: 'load_1m' });
    await editor.save();
    expect(requests).toMatchObject([{ method: 'POST', path: '/api/v1/rules', body: { metric: ['load_1m'] } }]);
    expect(requests[0]?.body).toMatchObject({ hosts: { names: ['web-01'] } });
    expect(requests[0]?.body).not.toHaveProperty('name');
  });

  test('begins a copy as a new rule of another name', async () => {
    const { editor } = editorOf(keeps);
    await editor.load({ ...newPlace, copyOf: 7 });
    expect([editor.saved, editor.form.name, editor.isDirty]).toEqual([null, 'CPU high (copy)', false]);
  });

  test('shows a refusal at its field until that is touched, and keeps what was typed', async () => {
    const refusal = { status: 400, body: { error: 'Cannot change rule: for: Too small; threshold: Too big' } };
    const { editor } = editorOf((request) => (request.method === 'GET' ? keeps(request) : refusal));
    await editor.load(place);
    editor.set({ hold: '3 m', threshold: '99' });
    expect(await editor.save()).toBeNull();
    expect(Object.fromEntries(editor.problems)).toEqual({ for: 'Too small', threshold: 'Too big' });
    editor.set({ hold: '4 m' });
    expect(Object.fromEntries(editor.problems)).toEqual({ threshold: 'Too big' });
    expect(editor.form.threshold).toBe('99');
  });

  const outdated = { status: 409, body: { error: 'Cannot change rule: it has been changed meanwhile: read it again' } };

  test('keeps what was typed when somebody else was faster, and saves it over theirs when that is meant', async () => {
    let version = 3;
    const { editor, requests } = editorOf((request) => {
      if (request.method === 'GET') return { body: { ...kept, version } };
      return request.body['version'] === version ? keeps(request) : outdated;
    });
    await editor.load(place);
    version = 5;
    editor.set({ threshold: '90' });
    expect(await editor.save()).toBeNull();
    expect([editor.conflict, editor.form.threshold, editor.isDirty]).toEqual(['changed', '90', true]);
    expect(await editor.saveAnyway()).toMatchObject({ id: 7 });
    expect(requests.at(-1)?.body).toMatchObject({ threshold: 90, version: 5 });
    expect([editor.conflict, editor.isDirty]).toEqual([null, false]);
  });

  test('keeps what was typed when the rule was deleted, and saves it as a new one', async () => {
    const gone = { status: 404, body: { error: 'Cannot find rule: it must be there: got id 7' } };
    const { editor, requests } = editorOf((request) => (request.method === 'PATCH' ? gone : keeps(request)));
    await editor.load(place);
    editor.set({ threshold: '90' });
    expect(await editor.save()).toBeNull();
    expect([editor.phase, editor.conflict, editor.form.threshold]).toEqual(['ready', 'deleted', '90']);
    await editor.saveAnyway();
    expect(requests.at(-1)).toMatchObject({ method: 'POST', path: '/api/v1/rules', body: { threshold: 90 } });
  });

  test('takes a name that is given already for a fault of the name', async () => {
    const taken = { status: 409, body: { error: 'Cannot change rule: a name is given once: got "Disk"' } };
    const { editor } = editorOf((request) => (request.method === 'GET' ? keeps(request) : taken));
    await editor.load(place);
    editor.set({ name: 'Disk' });
    await editor.save();
    expect([editor.conflict, [...editor.problems.keys()]]).toEqual([null, ['name']]);
  });

  test('keeps what is typed while it is being saved', async () => {
    const { editor } = editorOf(keeps);
    await editor.load(place);
    editor.set({ threshold: '90' });
    const saving = editor.save();
    expect(editor.isSaving).toBe(true);
    editor.set({ summary: 'Too hot' });
    await saving;
    expect([editor.isSaving, editor.form.threshold, editor.form.summary, editor.isDirty]).toEqual([
      false,
      '90',
      'Too hot',
      true,
    ]);
  });

  test('sends nothing that is wrong', async () => {
    const { editor, requests } = editorOf(keeps);
    await editor.load(newPlace);
    editor.set({ threshold: '' });
    expect(await editor.save()).toBeNull();
    expect(requests).toEqual([]);
  });

  test('leaves a rule of the file as it is', async () => {
    const { editor, requests } = editorOf(() => ({ body: { ...kept, origin: 'file', read_only: true } }));
    await editor.load(place);
    editor.set({ threshold: '90' });
    await editor.save();
    expect([editor.isReadOnly, editor.form.threshold, requests.length]).toEqual([true, '85', 1]);
  });

  test('says that a rule is not there, and why one could not be loaded', async () => {
    const missing = editorOf(() => ({ status: 404, body: { error: 'Cannot find rule' } })).editor;
    await missing.load(place);
    const failing = editorOf(() => ({
      status: 503,
      body: { error: 'Cannot read rules: the database is away' },
    })).editor;
    await failing.load(place);
    expect([missing.phase, failing.phase, failing.why]).toEqual([
      'missing',
      'failed',
      'Cannot read rules: the database is away',
    ]);
  });

  test('is gone after it was removed, also by somebody else', async () => {
    const { editor, requests } = editorOf((request) =>
      request.method === 'DELETE' ? { status: 404, body: { error: 'Cannot remove rule' } } : keeps(request),
    );
    await editor.load(place);
    expect([await editor.remove(), editor.phase]).toEqual([true, 'gone']);
    expect(requests[1]).toMatchObject({ method: 'DELETE', path: '/api/v1/rules/7' });
  });
});
