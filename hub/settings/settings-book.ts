/**
 * What is set at each agent and what it made of it: kept in memory for those who connect, changed in the database first.
 * An engine: database, connections and clock are ports.
 *
 * A report of an agent is hostile until shown otherwise: what repeats itself is not written again, at most one write is
 * under way for a host, and of those that come meanwhile the newest remains.
 */
import type { Logger } from 'pino';
import {
  type AgentSettings,
  effectiveBounds,
  emptySettings,
  formatSettings,
  parseSettings,
  parseSettingsText,
  type SettingsState,
  settingsJson,
} from '#core/agent-settings.ts';
import type { SettingsReport } from '#core/message.ts';
import type { KnownHost } from '../store/admission.ts';
import type {
  ReportMark,
  SettingsChange,
  SettingsNews,
  SettingsRow,
  StoredReport,
} from '../store/settings/agent-settings.ts';

/** What is asked of the database. A rejection means that it is away. */
export interface SettingsStore {
  settingsNews(since: string | null): Promise<SettingsNews>;
  changeSettings(request: {
    readonly changes: readonly SettingsChange[];
    readonly changedBy: string;
  }): Promise<readonly { readonly hostId: number; readonly version: number; readonly changedMs: number }[]>;
  settingsVersions(hostId: number): Promise<SettingsRow[]>;
  settingsReport(hostId: number): Promise<StoredReport | null>;
  saveSettingsReport(request: SavedReport): Promise<KnownHost | null>;
}

type SavedReport = Omit<StoredReport, 'reportedMs' | 'effective'> & {
  readonly effective: object;
  readonly agentTags: Readonly<Record<string, string>> | null;
};

export interface SettingsBookPorts {
  readonly store: SettingsStore;
  /** Sends the host's settings to its agent, if that is connected and speaks of them. */
  readonly give: (hostId: number) => void;
  /** The same for every agent that is connected. */
  readonly giveAll: () => void;
  /** Whether the host's agent knows of settings; null while it is not connected. */
  readonly speaks: (hostId: number) => boolean | null;
  /** The agent of the host says other tags now. */
  readonly onTags: (host: KnownHost) => void;
  /** What is shown of a host's agent has changed. */
  readonly onChanged: () => void;
  readonly digest: (text: string) => string;
  readonly log: Logger;
}

export interface HeldSettings {
  /** 0: nobody has set anything. */
  readonly version: number;
  readonly settings: AgentSettings;
  /** As the agent gets it. */
  readonly text: string;
  readonly changedBy: string;
  readonly changedMs: number;
}

/** `waiting`: the agent has yet to say what it made of the newest; `unsupported`: it knows of no settings. */
export type SettingsStanding = SettingsState | 'waiting' | 'unsupported';

export type ChangeOutcome =
  | { readonly kind: 'changed' | 'unchanged'; readonly held: HeldSettings }
  /** Somebody else was faster, or the host is no more. */
  | { readonly kind: 'conflict'; readonly held: HeldSettings }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

export interface WantedChange {
  readonly hostId: number;
  /** The version that was seen; null: whichever it is. */
  readonly version: number | null;
  /** What is to become of the settings: JSON, yet to be judged. */
  readonly become: (before: AgentSettings) => unknown;
}

const none: HeldSettings = { version: 0, settings: emptySettings, text: '{}', changedBy: '', changedMs: 0 };
/** Hosts in one statement, and agents told in one turn of the loop. */
const sliceHosts = 250;

export class SettingsBook {
  readonly #ports: SettingsBookPorts;
  readonly #held = new Map<number, HeldSettings>();
  readonly #marks = new Map<number, Omit<ReportMark, 'hostId'>>();
  /** Equal settings of many hosts are one object. */
  readonly #texts = new Map<string, { readonly text: string; readonly settings: AgentSettings }>();
  /** Reports that wait for the one before to be written. */
  readonly #waiting = new Map<number, SettingsReport>();
  readonly #writing = new Set<number>();
  #readAt: string | null = null;

  constructor(ports: SettingsBookPorts) {
    this.#ports = ports;
  }

  /** Until then no agent is told anything: it would take that for the end of its settings. */
  get isLoaded(): boolean {
    return this.#readAt !== null;
  }

  /** Reads what is new, here or by another hub, and tells the agents that are connected here. Rejects when the database is away. */
  async follow(): Promise<void> {
    const { give, giveAll, store, onChanged } = this.#ports;
    const isFirst = this.#readAt === null;
    const { settings, reports, readAt } = await store.settingsNews(this.#readAt);
    for (const { hostId, ...mark } of reports) this.#marks.set(hostId, mark);
    const changed = settings.filter((row) => row.version > this.of(row.hostId).version);
    for (const row of changed) this.#hold(row.hostId, this.#heldOf(row));
    this.#readAt = readAt;
    // Those that came before it was read have been told nothing yet.
    if (isFirst) {
      giveAll();
      onChanged();
    } else for (const { hostId } of changed) give(hostId);
  }

  of(hostId: number): HeldSettings {
    return this.#held.get(hostId) ?? none;
  }

  standing(hostId: number): SettingsStanding {
    if (this.#ports.speaks(hostId) === false) return 'unsupported';
    const mark = this.#marks.get(hostId);
    return mark !== undefined && mark.version === this.of(hostId).version ? mark.state : 'waiting';
  }

  /** What the agent said last; null before it said anything. Rejects when the database is away. */
  report(hostId: number): Promise<StoredReport | null> {
    return this.#ports.store.settingsReport(hostId);
  }

  /** Newest first. Rejects when the database is away. */
  async versions(hostId: number): Promise<readonly HeldSettings[]> {
    return (await this.#ports.store.settingsVersions(hostId)).map((row) => this.#heldOf(row));
  }

  /** Changes the settings of hosts, each by itself; the outcomes are in their order. Rejects when the database is away. */
  async change(wanted: readonly WantedChange[], changedBy: string): Promise<readonly ChangeOutcome[]> {
    const outcomes: ChangeOutcome[] = [];
    for (let start = 0; start < wanted.length; start += sliceHosts) {
      outcomes.push(...(await this.#changeSlice(wanted.slice(start, start + sliceHosts), changedBy)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (outcomes.some(({ kind }) => kind === 'changed')) this.#ports.onChanged();
    return outcomes;
  }

  /** Takes what an agent says of its settings. */
  reported(hostId: number, report: SettingsReport): void {
    this.#waiting.set(hostId, report);
    void this.#write(hostId);
  }

  /** The host was removed. */
  forget(hostId: number): void {
    this.#held.delete(hostId);
    this.#marks.delete(hostId);
    this.#waiting.delete(hostId);
  }

  async #changeSlice(wanted: readonly WantedChange[], changedBy: string): Promise<readonly ChangeOutcome[]> {
    const judged = wanted.map((one) => this.#judge(one));
    const changes = judged.flatMap((one) => (one.kind === 'change' ? [one.change] : []));
    const made = new Map(
      (changes.length === 0 ? [] : await this.#ports.store.changeSettings({ changes, changedBy })).map((row) => [
        row.hostId,
        row,
      ]),
    );
    if (made.size < changes.length) await this.follow();
    return judged.map((one): ChangeOutcome => {
      if (one.kind !== 'change') return one.outcome;
      const { hostId, body } = one.change;
      const row = made.get(hostId);
      if (row === undefined) return { kind: 'conflict', held: this.of(hostId) };
      const held = this.#heldOf({ ...row, body, changedBy });
      if (held.version > this.of(hostId).version) this.#hold(hostId, held);
      this.#ports.give(hostId);
      return { kind: 'changed', held };
    });
  }

  #judge({
    hostId,
    version,
    become,
  }: WantedChange):
    | { readonly kind: 'change'; readonly change: SettingsChange }
    | { readonly kind: 'judged'; readonly outcome: ChangeOutcome } {
    const held = this.of(hostId);
    if (version !== null && version !== held.version) return { kind: 'judged', outcome: { kind: 'conflict', held } };
    const parsed = parseSettings(become(held.settings));
    if (parsed.kind === 'refused') return { kind: 'judged', outcome: { kind: 'refused', problems: parsed.problems } };
    const text = formatSettings(parsed.settings);
    // An agent would refuse it.
    const checked = parseSettingsText(text);
    if (checked.kind === 'refused') return { kind: 'judged', outcome: { kind: 'refused', problems: checked.problems } };
    if (text === held.text) return { kind: 'judged', outcome: { kind: 'unchanged', held } };
    return { kind: 'change', change: { hostId, base: held.version, body: settingsJson(parsed.settings) } };
  }

  async #write(hostId: number): Promise<void> {
    if (this.#writing.has(hostId)) return;
    this.#writing.add(hostId);
    try {
      for (let report = this.#next(hostId); report !== null; report = this.#next(hostId))
        await this.#save(hostId, report);
    } catch (error) {
      // The database is away: the agent says it again with its next settings, or link.
      this.#ports.log.debug({ err: error, hostId }, 'settings.report-lost');
    } finally {
      this.#writing.delete(hostId);
    }
  }

  #next(hostId: number): SettingsReport | null {
    const report = this.#waiting.get(hostId) ?? null;
    this.#waiting.delete(hostId);
    return report;
  }

  async #save(hostId: number, report: SettingsReport): Promise<void> {
    const { store, digest, onTags, onChanged, log } = this.#ports;
    const { version, state, why, pinned, effective } = report;
    const print = digest(JSON.stringify([version, state, why, pinned, effective]));
    if (this.#marks.get(hostId)?.digest === print) return;
    // A newer agent may say what this hub does not know: that is no reason to send it away.
    const parsed = parseSettingsText(effective, effectiveBounds);
    const settings = parsed.kind === 'settings' ? parsed.settings : null;
    const host = await store.saveSettingsReport({
      ...{ hostId, version, state, why, pinned, digest: print },
      effective: settings === null ? {} : settingsJson(settings),
      agentTags: settings?.tags ?? null,
    });
    this.#marks.set(hostId, { version, state, digest: print, reportedMs: Date.now() });
    if (state === 'failed') log.warn({ hostId, version, why }, 'settings.failed');
    if (host !== null) onTags(host);
    onChanged();
  }

  #heldOf({ hostId, version, body, changedBy, changedMs }: SettingsRow): HeldSettings {
    const parsed = parseSettings(body);
    if (parsed.kind === 'refused')
      this.#ports.log.warn({ hostId, version, problems: parsed.problems }, 'settings.unreadable');
    const { settings, text } = this.#shared(parsed.kind === 'settings' ? parsed.settings : emptySettings);
    return { version, settings, text, changedBy, changedMs };
  }

  #shared(settings: AgentSettings): { readonly text: string; readonly settings: AgentSettings } {
    const text = formatSettings(settings);
    const known = this.#texts.get(text) ?? { text, settings };
    // What nobody has any more goes with the others, now and then.
    if (this.#texts.size > 10_000) this.#texts.clear();
    this.#texts.set(text, known);
    return known;
  }

  #hold(hostId: number, held: HeldSettings): void {
    this.#held.set(hostId, held);
  }
}
