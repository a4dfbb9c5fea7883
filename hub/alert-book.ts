/**
 * What people have said about alerts: rules, channels, downtimes, silences. The database decides; main holds a copy of
 * all of it, and tells whoever judges and notifies when something has changed. What another hub on the same database does
 * is read every few seconds. An engine: the database and the secrets are ports.
 */
import type { Logger } from 'pino';
import type { Downtime, DowntimeSpec, Silence, SilenceSpec } from '#core/downtime.ts';
import type { Rule } from '#core/rule-spec.ts';
import { cutText } from '#core/utf8.ts';
import {
  type AlertsFile,
  channelsMax,
  channelsOf,
  downtimesMax,
  type PlainChannel,
  rulesMax,
  silencesMax,
} from './alert-forms.ts';
import { awayError, refusedError, unreadError } from './alert-refusals.ts';
import { AlertShelves, type Shelf } from './alert-shelves.ts';
import { defaultRules } from './alerting/default-rules.ts';
import { ChannelSeals } from './channel-seals.ts';
import { HttpError } from './http.ts';
import type { Channel } from './notices/channel.ts';
import type { AlertDefinitions, DefinitionTable } from './store/alerts/definitions.ts';
import type { AlertMethods } from './store/alerts/methods.ts';
import type { Refusal, RuleDraft } from './store/alerts/rules.ts';

export interface AlertBookPorts {
  readonly store: AlertMethods;
  readonly secrets: ConstructorParameters<typeof ChannelSeals>[0];
  readonly log: Logger;
  /** Everything, after a change; a moment later, so that many changes are one. */
  onChanged(definitions: AlertDefinitions): void;
  /** Downtimes and silences, at once: whoever plans one may count on it as soon as that is answered. */
  onQuietChanged(quiet: Pick<AlertDefinitions, 'downtimes' | 'silences'>): void;
  /** Somebody has acknowledged an alert that fires; more than once for each. */
  onAcknowledged(alertId: number): void;
  /** Runs `work` within a moment. */
  soon(work: () => void): void;
}

/** What the client says of the rule or channel that it changes. */
interface Edit<T, D> {
  /** Of what the client has seen; null: whatever there is now. */
  readonly version: number | null;
  /** What it is to become. Throws HttpError 400. */
  change(before: T): D;
}

/** Changes by others may come in between so often while the client has not said what it has seen. */
const editTriesMax = 3;
/** Numbers that are tried behind a name that is taken. */
const nameTriesMax = 1_000;

export class AlertBook {
  readonly #ports: AlertBookPorts;
  readonly #copy = new AlertShelves();
  readonly #seals: ChannelSeals;
  /** How far the copy goes; null before it has been read. */
  #readAt: string | null = null;
  #file: AlertsFile | null;
  /** The file as it has been applied. */
  #appliedFile: AlertsFile | null = null;
  #isTellingSoon = false;
  #loading: Promise<void> | null = null;
  #reading: Promise<unknown> = Promise.resolve();

  /** `file`: what is kept as code; null for nothing. */
  constructor(ports: AlertBookPorts, file: AlertsFile | null) {
    this.#ports = ports;
    this.#seals = new ChannelSeals(ports.secrets);
    this.#file = file;
  }

  /** Whether the database has been read. */
  get isLoaded(): boolean {
    return this.#readAt !== null;
  }

  /** As it is now. Throws HttpError 503 before it has been read. */
  get definitions(): AlertDefinitions {
    this.#checkLoaded('list');
    return this.#copy.definitions;
  }

  get counts(): Readonly<Record<DefinitionTable, number>> {
    return this.#copy.counts;
  }

  rule(id: number): Rule {
    return this.#copy.rules.get(id) ?? this.#unknown('rule', id);
  }

  channel(id: number): Channel {
    return this.#copy.channels.get(id) ?? this.#unknown('channel', id);
  }

  downtime(id: number): Downtime {
    return this.#copy.downtimes.get(id) ?? this.#unknown('downtime', id);
  }

  silence(id: number): Silence {
    return this.#copy.silences.get(id) ?? this.#unknown('silence', id);
  }

  /** Makes the default rules that there have never been, reads everything, and applies the file. Rejects when the database is away. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    if (!this.isLoaded) {
      await this.#ports.store.seedRules(defaultRules);
      await this.#read();
    }
    await this.#applyFile();
    this.#tell();
  }

  /** Follows what was done elsewhere, and does what could not be done before. Rejects when the database is away. */
  async follow(): Promise<void> {
    if (!this.isLoaded || this.#file !== this.#appliedFile) await this.load();
    else if (await this.#read()) this.#tellSoon();
  }

  /** Another file. It is applied now, or as soon as the database is back: then this rejects. */
  async useFile(file: AlertsFile): Promise<void> {
    this.#file = file;
    // Reading that is under way may be of the file before.
    while (this.#appliedFile !== file && this.#file === file) await this.load();
  }

  /** Throws HttpError, as all that follow: 400, 404, 409, 503 while the database is away. `isNamed`: the name is the client's own. */
  async createRule(draft: RuleDraft, { isNamed }: { readonly isNamed: boolean }): Promise<Rule> {
    this.#checkLoaded('create rule');
    this.#checkChannels(draft, 'create rule');
    const taken = new Set(isNamed ? [] : this.#copy.rules.list().map((rule) => rule.name));
    for (let number = 1; number <= nameTriesMax; number += 1) {
      const name = number === 1 ? draft.name : `${cutText(draft.name, 190)} (${number})`;
      if (taken.has(name)) continue;
      const answer = await this.#ask('create rule', () =>
        this.#ports.store.createRule({ draft: { ...draft, name }, rulesMax }),
      );
      if (answer.kind === 'done') return this.#learn(this.#copy.rules, answer.rule, answer.rule.version);
      if (answer.kind !== 'taken' || isNamed) throw refusedError(answer, 'create rule', JSON.stringify(name));
    }
    throw refusedError({ kind: 'taken' }, 'create rule', JSON.stringify(draft.name));
  }

  async editRule(id: number, edit: Edit<Rule, RuleDraft>): Promise<Rule> {
    const act = 'change rule';
    return await this.#edit(edit, {
      act,
      before: () => this.rule(id),
      write: async (before) => {
        const draft = edit.change(before);
        this.#checkChannels(draft, act);
        const answer = await this.#ask(act, () => this.#ports.store.editRule({ id, version: before.version, draft }));
        return answer.kind === 'done'
          ? { kind: 'done', item: this.#learn(this.#copy.rules, answer.rule, answer.rule.version) }
          : answer;
      },
    });
  }

  async removeRule(id: number): Promise<void> {
    await this.#remove('rule', id, () => this.#ports.store.removeRule(id));
  }

  async createChannel(plain: PlainChannel): Promise<Channel> {
    this.#checkLoaded('create channel');
    const draft = this.#seals.seal(plain);
    const answer = await this.#ask('create channel', () => this.#ports.store.createChannel({ draft, channelsMax }));
    if (answer.kind !== 'done') throw refusedError(answer, 'create channel', JSON.stringify(plain.name));
    return this.#learn(this.#copy.channels, answer.channel, answer.channel.version);
  }

  /** A new name is written into the rules that say the old one. */
  async editChannel(id: number, edit: Edit<Channel, PlainChannel>): Promise<Channel> {
    const act = 'change channel';
    const channel = await this.#edit(edit, {
      act,
      before: () => this.channel(id),
      write: async (before) => {
        const draft = this.#seals.seal(edit.change(before));
        const change = { id, version: before.version, nameBefore: before.name, draft };
        const answer = await this.#ask(act, () => this.#ports.store.editChannel(change));
        return answer.kind === 'done'
          ? { kind: 'done', item: this.#learn(this.#copy.channels, answer.channel, answer.channel.version) }
          : answer;
      },
    });
    // What is not read now is read a moment later: the change is made.
    await this.#read().catch(() => {});
    return channel;
  }

  /** Not while a rule says it. */
  async removeChannel(id: number): Promise<void> {
    this.#checkLoaded('remove channel');
    const { name } = this.channel(id);
    const users = this.#copy.rules.list().filter(({ spec }) => channelsOf(spec).includes(name));
    if (users.length > 0) {
      const shown = users.slice(0, 5).map((rule) => JSON.stringify(rule.name));
      const more = users.length > shown.length ? ` and ${users.length - shown.length} more` : '';
      throw new HttpError(409, `Cannot remove channel: no rule may name it: got ${shown.join(', ')}${more}`);
    }
    await this.#remove('channel', id, () => this.#ports.store.removeChannel(id));
  }

  /** Settings with their secrets; null when these cannot be opened. */
  openSettings(channel: Channel): Readonly<Record<string, unknown>> | null {
    return this.#seals.open(channel);
  }

  async createDowntime(spec: DowntimeSpec): Promise<Downtime> {
    this.#checkLoaded('create downtime');
    const answer = await this.#ask('create downtime', () => this.#ports.store.createDowntime({ spec, downtimesMax }));
    if (answer.kind !== 'done') throw refusedError(answer, 'create downtime', '');
    const { downtime, changedMs } = answer.stored;
    return this.#learnQuiet(this.#copy.downtimes, downtime, changedMs);
  }

  async editDowntime(id: number, change: (before: Downtime) => DowntimeSpec): Promise<Downtime> {
    this.#checkLoaded('change downtime');
    const spec = change(this.downtime(id));
    const answer = await this.#ask('change downtime', () => this.#ports.store.editDowntime({ id, spec }));
    if (answer.kind !== 'done') throw refusedError(answer, 'change downtime', `id ${id}`);
    const { downtime, changedMs } = answer.stored;
    return this.#learnQuiet(this.#copy.downtimes, downtime, changedMs);
  }

  async removeDowntime(id: number): Promise<void> {
    await this.#remove('downtime', id, () => this.#ports.store.removeDowntime(id));
  }

  async createSilence(spec: SilenceSpec, untilMs: number): Promise<Silence> {
    this.#checkLoaded('create silence');
    const request = { spec, untilMs, silencesMax };
    const answer = await this.#ask('create silence', () => this.#ports.store.createSilence(request));
    if (answer.kind !== 'done') throw refusedError(answer, 'create silence', '');
    return this.#learnQuiet(this.#copy.silences, answer.silence, 0);
  }

  async removeSilence(id: number): Promise<void> {
    await this.#remove('silence', id, () => this.#ports.store.removeSilence(id));
  }

  async #edit<T extends { readonly version: number; readonly origin: string }, D>(
    { version }: Edit<T, D>,
    work: {
      readonly act: string;
      readonly before: () => T;
      readonly write: (before: T) => Promise<{ readonly kind: 'done'; readonly item: T } | Refusal>;
    },
  ): Promise<T> {
    const { act } = work;
    this.#checkLoaded(act);
    for (let attempt = 1; ; attempt += 1) {
      const before = work.before();
      if (before.origin === 'file') throw refusedError({ kind: 'readOnly' }, act, '');
      const isStale = version !== null && version !== before.version;
      const answer: { readonly kind: 'done'; readonly item: T } | Refusal = isStale
        ? { kind: 'changed' }
        : await work.write(before);
      if (answer.kind === 'done') return answer.item;
      const isAgain = answer.kind === 'changed' && version === null && attempt < editTriesMax;
      if (!isAgain) throw refusedError(answer, act, '');
      await this.#ask(act, () => this.#read());
    }
  }

  async #remove(
    table: DefinitionTable,
    id: number,
    write: () => Promise<{ readonly kind: 'done' } | Refusal>,
  ): Promise<void> {
    const act = `remove ${table}`;
    this.#checkLoaded(act);
    const answer = await this.#ask(act, write);
    // Another hub may have removed it: then it goes here as well.
    if (answer.kind === 'done' || answer.kind === 'unknown') this.#forget(table, id);
    if (answer.kind !== 'done') throw refusedError(answer, act, `id ${id}`);
  }

  /** Without a file nothing is done: what another hub, or this one before, has put in from one stays. */
  async #applyFile(): Promise<void> {
    const file = this.#file;
    if (file === null || file === this.#appliedFile) return;
    const { store, log } = this.#ports;
    const max = { rule: rulesMax, channel: channelsMax, downtime: downtimesMax };
    const answer = await store.applyAlertsFile({ file: this.#seals.draftsOf(file, this.#copy.channels.list()), max });
    this.#appliedFile = file;
    if (answer.kind === 'full') log.error({ table: answer.table }, 'alerts-file.refused');
    else log.info(answer.summary, 'alerts-file.applied');
    await this.#read();
    this.#noteMissingChannels();
  }

  /** Rules of people may have named a channel that was the file's. */
  #noteMissingChannels(): void {
    const known = new Set(this.#copy.channels.list().map(({ name }) => name));
    const rules = this.#copy.rules.list().filter(({ spec }) => channelsOf(spec).some((name) => !known.has(name)));
    const fields = { rules: rules.slice(0, 20).map(({ name }) => name), count: rules.length };
    if (rules.length > 0) this.#ports.log.warn(fields, 'alert-rules.channel-missing');
  }

  /** Answers whether there was anything new. One at a time, so that burials last for as long as they must. */
  #read(): Promise<boolean> {
    const reading = this.#reading.then(() => this.#readOnce());
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #readOnce(): Promise<boolean> {
    const changes = await this.#ports.store.readDefinitions({
      since: this.#readAt,
      knownRules: this.#copy.newestRules(),
    });
    const isNews = this.#copy.take(changes);
    this.#readAt = changes.readAt;
    for (const alertId of changes.acknowledgedIds) this.#ports.onAcknowledged(alertId);
    for (const row of this.#copy.takeUnreadable()) this.#ports.log.warn(row, 'alert-definition.unreadable');
    return isNews;
  }

  #learn<T extends { readonly id: number }>(shelf: Shelf<T>, item: T, version: number): T {
    shelf.put(item.id, item, version);
    this.#tellSoon();
    return item;
  }

  #forget(table: DefinitionTable, id: number): void {
    if (!this.#copy.remove(table, id)) return;
    if (table === 'downtime' || table === 'silence') this.#tellQuiet();
    this.#tellSoon();
  }

  #learnQuiet<T extends Downtime | Silence>(shelf: Shelf<T>, item: T, version: number): T {
    this.#learn(shelf, item, version);
    this.#tellQuiet();
    return item;
  }

  #tellQuiet(): void {
    const { downtimes, silences } = this.#copy;
    this.#ports.onQuietChanged({ downtimes: downtimes.list(), silences: silences.list() });
  }

  #tellSoon(): void {
    if (this.#isTellingSoon) return;
    this.#isTellingSoon = true;
    this.#ports.soon(() => {
      if (this.#isTellingSoon) this.#tell();
    });
  }

  #tell(): void {
    this.#isTellingSoon = false;
    this.#ports.onChanged(this.#copy.definitions);
  }

  /** Tells what is known at once, whether or not something has changed. */
  tellNow(): void {
    if (this.isLoaded) this.#tell();
  }

  #checkLoaded(act: string): void {
    if (!this.isLoaded) throw unreadError(act);
  }

  #checkChannels({ spec }: RuleDraft, act: string): void {
    const known = new Set(this.#copy.channels.list().map(({ name }) => name));
    const unknown = channelsOf(spec).filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    const shown = unknown.slice(0, 5).map((name) => JSON.stringify(name));
    throw new HttpError(400, `Cannot ${act}: channels must be there: got ${shown.join(', ')}, which are not`);
  }

  /** Whatever the database does not answer, it is away. */
  async #ask<T>(act: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HttpError) throw error;
      this.#ports.log.debug({ err: error, act }, 'alert-book.failed');
      throw awayError(act);
    }
  }

  #unknown(table: DefinitionTable, id: number): never {
    this.#checkLoaded(`find ${table}`);
    throw refusedError({ kind: 'unknown' }, `find ${table}`, `id ${id}`);
  }
}
