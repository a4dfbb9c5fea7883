/**
 * What a hub wants set at this agent: judged, kept, applied, reported. It reads no clock and owns no timer.
 *
 *   given --wrong, or not allowed--> reported `failed` or `forbidden`, what was in force stays
 *         --right--> kept on the disk --> applied --> reported `applied`
 *             \--four were applied within a minute--> waits; a newer one takes its place
 *
 * A hub is hostile until shown otherwise: whatever it sends costs a parse of bounded text and one report, changes no layout more than
 * four times a minute, and never reaches what the agent's local file says.
 */
import {
  type AgentSettings,
  effectiveBounds,
  emptySettings,
  formatSettings,
  overlaid,
  parseSettingsText,
  settingPlaces,
} from '#core/agent-settings.ts';
import { settingsPerMinuteMax } from '#core/limits.ts';
import type { SettingsMessage, SettingsReport } from '#core/message.ts';
import type { KeptSettings } from './settings-file.ts';

export interface RemoteSettingsOptions {
  /** What holds where nobody says anything; interval, spool size and tags among them. */
  readonly own: AgentSettings;
  /** What the local file says. */
  readonly pinned: AgentSettings;
  readonly isAllowed: boolean;
  readonly collectorNames: readonly string[];
  /** What was kept by an earlier run. */
  readonly kept: KeptSettings | null;
  /** Keeps them; a sentence when that failed, which keeps nothing from being applied. */
  readonly keep: (settings: KeptSettings) => string | null;
  /** Largest spool that the disk has room for now, bytes. */
  readonly spoolRoom: () => number;
  /** Brings the agent to these settings. */
  readonly apply: (settings: AgentSettings) => void;
  /** What is in force, with nothing left out. */
  readonly inForce: () => AgentSettings;
  readonly log: { info(fields: object, event: string): void; warn(fields: object, event: string): void };
}

const minuteMs = 60_000;
const whyCharactersMax = 1_000;

export class RemoteSettings {
  readonly #options: RemoteSettingsOptions;
  #wanted: AgentSettings = emptySettings;
  #kept: KeptSettings = { version: 0, text: '{}' };
  #waiting: KeptSettings | null = null;
  #appliedMs: number[] = [];
  #report: Pick<SettingsReport, 'version' | 'state' | 'why'> | null = null;
  /** The refusal that was logged last: a hub that repeats itself fills no log. */
  #loggedWhy: string | null = null;

  constructor(options: RemoteSettingsOptions) {
    this.#options = options;
    if (options.kept === null || !options.isAllowed) return;
    const judged = this.#judge(options.kept.text);
    if (typeof judged === 'string') {
      options.log.warn({ version: options.kept.version, error: judged }, 'settings.refused');
      return;
    }
    this.#wanted = judged;
    this.#kept = options.kept;
  }

  /** What the agent is to be like now: its own, the hub's over it, the local file's over both. */
  get settings(): AgentSettings {
    const { own, pinned } = this.#options;
    return overlaid(overlaid(own, this.#wanted), pinned);
  }

  /** Takes what a hub sent. */
  given({ version, text }: Pick<SettingsMessage, 'version' | 'text'>, nowMs: number): void {
    this.#waiting = null;
    if (!this.#options.isAllowed) {
      const why = 'Cannot apply settings: "remoteSettings" is false in the local file of the agent';
      this.#report = { version, state: 'forbidden', why };
      return;
    }
    const judged = this.#judge(text);
    if (typeof judged === 'string') {
      this.#report = { version, state: 'failed', why: judged };
      if (this.#loggedWhy !== judged) this.#options.log.warn({ version, error: judged }, 'settings.refused');
      this.#loggedWhy = judged;
      return;
    }
    this.#loggedWhy = null;
    this.#waiting = { version, text };
    this.poll(nowMs);
  }

  /** Applies what had to wait. To be called at each tick. */
  poll(nowMs: number): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    // Under another number they are the same: nothing is written to the disk for that.
    const isSame = waiting.text === this.#kept.text;
    if (!isSame) {
      this.#appliedMs = this.#appliedMs.filter((atMs) => nowMs - atMs < minuteMs);
      if (this.#appliedMs.length >= settingsPerMinuteMax) return;
    }
    this.#waiting = null;
    this.#kept = waiting;
    this.#report = { version: waiting.version, state: 'applied', why: '' };
    if (isSame) return;
    const { log, keep, apply } = this.#options;
    const problem = keep(waiting);
    if (problem !== null) log.warn({ version: waiting.version, error: problem }, 'settings.unkept');
    this.#appliedMs.push(nowMs);
    this.#wanted = this.#judgedAgain(waiting.text);
    apply(this.settings);
    log.info({ version: waiting.version, settings: waiting.text }, 'settings.applied');
  }

  /** What is to be told to the hub; null when it knows. Call `reported` when it has been sent. */
  get report(): SettingsReport | null {
    if (this.#report === null) return null;
    const inForce = this.#options.inForce();
    const effective = formatSettings(inForce);
    const isLong = effective.length > effectiveBounds.charactersMax;
    return {
      kind: 'settingsReport',
      ...this.#report,
      pinned: settingPlaces(this.#options.pinned),
      // A local file may say more than a report may hold.
      effective: isLong ? formatSettings({ ...inForce, metrics: [], tags: {} }) : effective,
    };
  }

  reported(): void {
    this.#report = null;
  }

  /** The settings, or why they cannot be had. */
  #judge(text: string): AgentSettings | string {
    const parsed = parseSettingsText(text);
    if (parsed.kind === 'refused') return refusal(parsed.problems);
    const { collectorNames, spoolRoom, pinned } = this.#options;
    const problems = Object.keys(parsed.settings.collectors)
      .filter((name) => !collectorNames.includes(name))
      .map((name) => `collectors: one of ${collectorNames.join(', ')} is wanted: got ${JSON.stringify(name)}`);
    const { spoolBytes } = parsed.settings;
    if (spoolBytes !== null && pinned.spoolBytes === null && spoolBytes > spoolRoom())
      problems.push(`spool_bytes: at most ${spoolRoom()} is wanted, half of what the disk has: got ${spoolBytes}`);
    return problems.length > 0 ? refusal(problems) : parsed.settings;
  }

  #judgedAgain(text: string): AgentSettings {
    const parsed = parseSettingsText(text);
    return parsed.kind === 'settings' ? parsed.settings : this.#wanted;
  }
}

function refusal(problems: readonly string[]): string {
  return `Cannot apply settings: ${problems.join('; ')}`.slice(0, whyCharactersMax);
}
