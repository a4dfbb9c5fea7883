/**
 * Notes on charts as far as the page shows them: read for the spans that somebody looks at, with some to spare on both
 * sides, and again when the hub says that notes have changed. While there is no live link they are read again now and
 * then. It reads no clock: the dashboard calls `second`.
 */
import type { Note } from '#core/note.ts';
import { type HostMatcher, hostMatcherOf } from '#core/selector.ts';
import type { Asked, HubClient } from '../api/client.ts';
import { readNotes } from '../api/notes.ts';
import { Signal } from './signal.ts';

/** Somebody who shows charts. */
export interface NoteWatch {
  /** The span that is shown now, epoch ms. Cheap: call it whenever the window moves. */
  show(fromMs: number, toMs: number): void;
  close(): void;
}

interface Span {
  fromMs: number;
  toMs: number;
}

/** The newest of a span are read, so many pages of so many: a deploy each quarter of an hour for half a year is less. */
const pagesMax = 5;
const pageNotes = 1_000;
/** Without a live link nobody says that notes have changed. */
const polledMs = 30_000;
const retryMs = 5_000;
/** Read to spare on both sides: the width of the span, but not less. */
const spareMsMin = 3_600_000;

export class NoteBook {
  /** Other notes than before. */
  readonly changed = new Signal();
  /** Why the last answer failed, for people; null when it did not. What was known before stays. */
  failure: string | null = null;
  readonly #client: HubClient;
  readonly #background: (work: Promise<void>) => void;
  readonly #watches = new Set<Span>();
  #notes: readonly { readonly note: Note; readonly isMeant: HostMatcher }[] = [];
  /** What has been read, or is being read; null for nothing. */
  #read: Span | null = null;
  #isAsking = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  #localMs = Number.NEGATIVE_INFINITY;

  constructor(client: HubClient, background: (work: Promise<void>) => void) {
    this.#client = client;
    this.#background = background;
  }

  /** Nothing is read before its first `show`. */
  watch(): NoteWatch {
    const span: Span = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
    this.#watches.add(span);
    return {
      show: (fromMs, toMs) => {
        span.fromMs = fromMs;
        span.toMs = toMs;
        this.#follow();
      },
      close: () => this.#watches.delete(span),
    };
  }

  /** Those on the charts of a host that touch the span, oldest first. */
  on(host: Parameters<HostMatcher>[0], fromMs: number, toMs: number): Note[] {
    return this.#notes
      .filter(({ note, isMeant }) => note.atMs <= toMs && (note.untilMs ?? note.atMs) >= fromMs && isMeant(host))
      .map(({ note }) => note);
  }

  /** Notes have changed, or may have: after the hub's word, a new link, a change by this page. */
  stale(): void {
    this.#read = null;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.#follow();
  }

  /** To be called once a second. */
  second(localMs: number, isLive: boolean): void {
    this.#localMs = localMs;
    if (!isLive && localMs - this.#askedMs >= polledMs) this.#read = null;
    this.#follow();
  }

  /** What is shown and has not been read is asked for; after a failure not before a while. */
  #follow(): void {
    if (this.#isAsking || this.#watches.size === 0) return;
    if (this.failure !== null && this.#localMs - this.#askedMs < retryMs) return;
    let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const span of this.#watches) {
      fromMs = Math.min(fromMs, span.fromMs);
      toMs = Math.max(toMs, span.toMs);
    }
    const isRead = this.#read !== null && this.#read.fromMs <= fromMs && this.#read.toMs >= toMs;
    if (isRead || fromMs > toMs) return;
    const spareMs = Math.max(spareMsMin, toMs - fromMs);
    this.#background(this.#ask({ fromMs: fromMs - spareMs, toMs: toMs + spareMs }));
  }

  async #ask(span: Span): Promise<void> {
    this.#isAsking = true;
    this.#read = span;
    this.#askedMs = this.#localMs;
    const asked = await this.#readPages(span);
    this.#isAsking = false;
    if (asked.kind === 'failed') {
      this.failure = asked.why;
      if (this.#read === span) this.#read = null;
      return;
    }
    this.failure = null;
    const notes = asked.value.sort((a, b) => a.atMs - b.atMs || a.id - b.id);
    this.#notes = notes.map((note) => ({ note, isMeant: hostMatcherOf(note.hosts) }));
    this.changed.announce();
    // Changes while that was under way.
    this.#follow();
  }

  async #readPages({ fromMs, toMs }: Span): Promise<Asked<Note[]>> {
    const notes: Note[] = [];
    let before: number | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const behind: { readonly before?: number } = before === null ? {} : { before };
      const query = { startMs: fromMs, endMs: toMs, countMax: pageNotes, ...behind };
      const asked = await readNotes(this.#client, query);
      if (asked.kind === 'failed') return asked;
      notes.push(...asked.value.notes);
      before = asked.value.next;
      if (before === null) break;
    }
    return { kind: 'ok', value: notes };
  }
}
