/**
 * Rules, channels, downtimes and silences by id, as far as this hub knows. What is older than what is known changes
 * nothing, and what has been removed lately does not come back by an answer that was under way then.
 */
import type { Downtime, Silence } from '#core/downtime.ts';
import type { Rule } from '#core/rule-spec.ts';
import type { Channel } from './notices/channel.ts';
import type { AlertDefinitions, DefinitionChanges, DefinitionTable } from './store/alerts/definitions.ts';

export class Shelf<T> {
  readonly #items = new Map<number, { readonly item: T; readonly version: number }>();
  #buried = new Set<number>();
  #buriedBefore = new Set<number>();

  get size(): number {
    return this.#items.size;
  }

  /** By id. */
  list(): T[] {
    return [...this.#items].sort(([a], [b]) => a - b).map(([, { item }]) => item);
  }

  get(id: number): T | undefined {
    return this.#items.get(id)?.item;
  }

  /** Answers whether that is news. `version` rises with each change of the item. */
  put(id: number, item: T, version: number): boolean {
    if (this.#buried.has(id) || this.#buriedBefore.has(id)) return false;
    const known = this.#items.get(id);
    if (known !== undefined && known.version >= version) return false;
    this.#items.set(id, { item, version });
    return true;
  }

  /** Answers whether it was there. */
  remove(id: number): boolean {
    this.#buried.add(id);
    return this.#items.delete(id);
  }

  /** No answer is under way any more that is older than the round before. */
  turnBurials(): void {
    this.#buriedBefore = this.#buried;
    this.#buried = new Set();
  }
}

/** More than the time for which changes are read again (`definitions.ts`). */
const readAgainMs = 120_000;

/** The four kinds together. */
export class AlertShelves {
  readonly rules = new Shelf<Rule>();
  readonly channels = new Shelf<Channel>();
  readonly downtimes = new Shelf<Downtime>();
  readonly silences = new Shelf<Silence>();
  readonly #unreadable = new Set<string>();
  #newlyUnreadable: { readonly table: DefinitionTable; readonly id: number }[] = [];

  get definitions(): AlertDefinitions {
    return {
      rules: this.rules.list(),
      channels: this.channels.list(),
      downtimes: this.downtimes.list(),
      silences: this.silences.list(),
    };
  }

  get counts(): Readonly<Record<DefinitionTable, number>> {
    return {
      rule: this.rules.size,
      channel: this.channels.size,
      downtime: this.downtimes.size,
      silence: this.silences.size,
    };
  }

  /** Rules changed lately, as seen from the newest of them: they would be read again. */
  newestRules(): { readonly ids: readonly number[]; readonly versions: readonly number[] } {
    const rules = this.rules.list();
    const newestMs = rules.reduce((ms, { changedMs }) => Math.max(ms, changedMs), 0);
    const newest = rules.filter(({ changedMs }) => changedMs >= newestMs - readAgainMs);
    return { ids: newest.map(({ id }) => id), versions: newest.map(({ version }) => version) };
  }

  /** What has been read; one reading at a time. Answers whether there was anything new. */
  take(changes: DefinitionChanges): boolean {
    let isNews = false;
    for (const rule of changes.rules) isNews = this.rules.put(rule.id, rule, rule.version) || isNews;
    for (const channel of changes.channels) isNews = this.channels.put(channel.id, channel, channel.version) || isNews;
    for (const { downtime, changedMs } of changes.downtimes)
      isNews = this.downtimes.put(downtime.id, downtime, changedMs) || isNews;
    for (const silence of changes.silences) isNews = this.silences.put(silence.id, silence, 0) || isNews;
    for (const { table, id } of changes.removed) isNews = this.remove(table, id) || isNews;
    for (const shelf of [this.rules, this.channels, this.downtimes, this.silences]) shelf.turnBurials();
    for (const row of changes.unreadable) this.#noteUnreadable(row);
    return isNews;
  }

  /** Answers whether it was there. */
  remove(table: DefinitionTable, id: number): boolean {
    switch (table) {
      case 'rule':
        return this.rules.remove(id);
      case 'channel':
        return this.channels.remove(id);
      case 'downtime':
        return this.downtimes.remove(id);
      case 'silence':
        return this.silences.remove(id);
    }
  }

  /** Rows that cannot be understood, each once. */
  takeUnreadable(): readonly { readonly table: DefinitionTable; readonly id: number }[] {
    const taken = this.#newlyUnreadable;
    this.#newlyUnreadable = [];
    return taken;
  }

  #noteUnreadable(row: { readonly table: DefinitionTable; readonly id: number }): void {
    const key = `${row.table} ${row.id}`;
    // What was good and is changed by hand counts no more; a version of it that is not understood must not go on.
    this.remove(row.table, row.id);
    if (this.#unreadable.has(key)) return;
    this.#unreadable.add(key);
    this.#newlyUnreadable.push(row);
  }
}
