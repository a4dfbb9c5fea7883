/**
 * Notes on charts. The database has them all and answers what is asked for; here is only whether they have changed, which
 * every dashboard is told. What another hub on the same database does is read every few seconds. An engine: the
 * database is a port.
 */
import type { Note, NoteDraft } from '#core/note.ts';
import { type HostMatcher, hostMatcherOf } from '#core/selector.ts';
import { HttpError } from './http.ts';
import type { NoteEdit, NoteMethods, NoteRefusal, noteReadMethods } from './store/notes.ts';

export interface NotesPorts {
  readonly store: NoteMethods;
  readonly reads: ReturnType<typeof noteReadMethods>;
  /** Notes have changed: whoever shows some reads them again. */
  onChanged(): void;
}

export interface NoteList {
  /** Those that touch this span, of which the end is not a part; null: whenever. Epoch ms. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** On the charts of this host; null: of any. */
  readonly host: Parameters<HostMatcher>[0] | null;
  readonly beforeId: number | null;
  readonly countMax: number;
}

export const notesMax = 100_000;
/** Rows read at once, and in all for one answer, while it is looked for those of one host. */
const pageRows = 500;
const pagesMax = 10;
/** Dashboards read again at once; of many changes in a row they hear so often. */
const toldMsMin = 1_000;

export class Notes {
  readonly #ports: NotesPorts;
  /** As far as other hubs' changes are known; null before the first look. */
  #mark: string | null = null;
  #isChanged = false;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(ports: NotesPorts) {
    this.#ports = ports;
  }

  /** A repetition of a `key` answers the note that there is. Throws HttpError, as all that follow: 409, 503 while the database is away. */
  async create(draft: NoteDraft, key: string | null): Promise<{ readonly note: Note; readonly isNew: boolean }> {
    const act = 'create note';
    const answer = await this.#ask(act, () => this.#ports.store.createNote({ draft, key, notesMax }));
    if (answer.kind !== 'done') throw refusedError(answer, act);
    this.#isChanged ||= answer.isNew;
    return answer;
  }

  async edit(id: number, edit: NoteEdit): Promise<Note> {
    const act = 'change note';
    const answer = await this.#ask(act, () => this.#ports.store.editNote({ id, edit }));
    if (answer.kind !== 'done') throw refusedError(answer, act);
    this.#isChanged = true;
    return answer.note;
  }

  async remove(id: number): Promise<void> {
    const act = 'remove note';
    const answer = await this.#ask(act, () => this.#ports.store.removeNote(id));
    if (answer.kind !== 'done') throw refusedError(answer, act);
    this.#isChanged = true;
  }

  async find(id: number): Promise<Note> {
    const note = await this.#ask('find note', () => this.#ports.reads.note(id));
    if (note === null) throw refusedError({ kind: 'unknown' }, 'find note');
    return note;
  }

  /** The newest first. `next` is the cursor for what follows, null at the end; with it a page may have fewer than wanted. */
  async list({ host, countMax, ...span }: NoteList): Promise<{ readonly notes: Note[]; readonly next: number | null }> {
    const found: Note[] = [];
    let { beforeId } = span;
    for (let page = 0; page < pagesMax; page += 1) {
      const rows = host === null ? countMax : pageRows;
      const request = { ...span, beforeId, countMax: rows };
      const { notes, lastId } = await this.#ask('list notes', () => this.#ports.reads.notes(request));
      for (const note of notes) {
        if (host !== null && !hostMatcherOf(note.hosts)(host)) continue;
        found.push(note);
        if (found.length === countMax) return { notes: found, next: note === notes.at(-1) ? lastId : note.id };
      }
      if (lastId === null) return { notes: found, next: null };
      beforeId = lastId;
      if (host === null) break;
    }
    return { notes: found, next: beforeId };
  }

  /** Looks for what other hubs have changed. Rejects when the database is away. */
  async follow(): Promise<void> {
    const mark = await this.#ports.store.noteMark(null);
    this.#isChanged ||= this.#mark !== null && this.#mark !== mark;
    this.#mark = mark;
  }

  /** Call it every 100 ms. */
  poll(nowMonotonicMs: number): void {
    if (!this.#isChanged || nowMonotonicMs - this.#toldMs < toldMsMin) return;
    this.#isChanged = false;
    this.#toldMs = nowMonotonicMs;
    this.#ports.onChanged();
  }

  async #ask<T>(act: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      throw new HttpError(503, `Cannot ${act}: the database is away`, { 'retry-after': '10' });
    }
  }
}

function refusedError({ kind }: NoteRefusal, act: string): HttpError {
  switch (kind) {
    case 'unknown':
      return new HttpError(404, `Cannot ${act}: it must be there: got another id`);
    case 'full':
      return new HttpError(409, `Cannot ${act}: at most ${notesMax} are kept: remove what is not needed`);
    case 'badSpan':
      return new HttpError(400, `Cannot ${act}: its end must be after its start, by at most 366 days`);
  }
}
