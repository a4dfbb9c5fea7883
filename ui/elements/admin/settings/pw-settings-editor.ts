/**
 * Settings of one agent, or of the agents of several hosts at once: what is wanted, beside it what is in force and what the
 * local file pins, and what became of the last change. For several hosts only what is filled in is changed. Tells
 * `pw-changed` when something was saved.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { settingsJson } from '#core/agent-settings.ts';
import {
  changeMany,
  readSettings,
  readVersions,
  type SettingsOutcome,
  type SettingsVersion,
  type SettingsView,
  saveSettings,
} from '../../../api/agent-settings.ts';
import { Polled } from '../../../controllers/polled.ts';
import type { Dashboard } from '../../../dashboard.ts';
import {
  type CollectorChoice,
  draftOf,
  emptyDraft,
  isSameDraft,
  judgeDraft,
  type SettingsDraft,
  withCollector,
} from '../../../model/admin/settings-form.ts';
import { formatAgo, formatCount, formatMoment, formatValue } from '../../../model/format.ts';
import { compareNames } from '../../../model/names.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { showToast, tell } from '../../events.ts';
import { fieldStyles, problemsAt, selectField, textField } from '../../rules/fields.ts';
import { tableStyles } from '../../table-styles.ts';
import { settingsStyles } from './settings-styles.ts';

/** Until the agent has answered a change somebody is waiting for it. */
const pollMs = 2_000;
/** Of every Linux agent: for hosts of which none has been asked. */
const usualCollectors = [
  ...['cpu', 'load', 'memory', 'swap', 'pressure', 'disk', 'filesystem', 'network'],
  ...['tcp', 'process', 'uptime', 'users', 'temperature', 'agent', 'scripts'],
];
const outcomesShown = 8;

@customElement('pw-settings-editor')
export class PwSettingsEditor extends LitElement {
  static override readonly styles = [sharedStyles, fieldStyles, tableStyles, settingsStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** The host whose agent it is; empty where `hosts` says which. */
  @property() host = '';
  /** Names of several hosts: their agents get what is filled in. */
  @property({ attribute: false }) hosts: readonly string[] = [];
  /** null: as it is stored. */
  @state() private draft: SettingsDraft | null = null;
  /** What the draft was made of: a change in between by somebody else is not written over. */
  @state() private base: SettingsView | null = null;
  @state() private isSaving = false;
  @state() private why: string | null = null;
  @state() private outcomes: readonly SettingsOutcome[] = [];
  @state() private versions: readonly SettingsVersion[] | null = null;
  readonly #polled: Polled<SettingsView>;

  constructor() {
    super();
    this.#polled = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: async ({ client }, options) =>
        this.host === '' ? { kind: 'failed', why: '', status: null } : await readSettings(client, this.host, options),
      everyMs: pollMs,
    });
  }

  override willUpdate(changed: PropertyValues<this>): void {
    // Another host is another form.
    if (!changed.has('host') || changed.get('host') === undefined) return;
    this.#polled.value = null;
    this.draft = null;
    this.base = null;
    this.versions = null;
    this.why = null;
    this.#polled.refresh();
  }

  override render() {
    const view = this.#polled.value;
    if (this.#isMany) return this.#renderForm(null);
    if (view === null) return html`<div class="part" role="status">${this.#polled.why ?? 'Loading the settings'}</div>`;
    return html`${this.#renderState(view)}${this.#renderForm(view)}${this.#renderVersions(view)}`;
  }

  get #isMany(): boolean {
    return this.host === '';
  }

  #renderState(view: SettingsView) {
    const { standing, report, version } = view;
    const ago = report?.atMs == null ? '' : formatAgo(report.atMs, this.dashboard.hubMs);
    const texts: Readonly<Record<typeof standing, string>> = {
      applied: version === 0 ? 'Nothing is set: the agent runs as it is' : `Version ${version} is applied`,
      failed: `Version ${version} could not be applied: the agent goes on as before`,
      forbidden: 'The local file of this agent takes no settings from the hub',
      waiting: `Version ${version} waits for the agent`,
      unsupported: 'This agent is too old to take settings: update it',
    };
    const showsWhy = standing === 'failed' && report !== null;
    return html`<div class="state ${standing}" role="status">
      <b>${texts[standing]}</b>
      ${ago === '' || standing === 'waiting' ? nothing : html`<span class="hint">said ${ago}</span>`}
      ${view.changedMs === null ? nothing : html`<span class="hint">set by ${view.changedBy}, ${formatMoment(view.changedMs)}</span>`}
      ${showsWhy ? html`<span class="why">${report.why}</span>` : nothing}
    </div>`;
  }

  #renderForm(view: SettingsView | null) {
    const stored = this.#storedDraft(view);
    const draft = this.draft ?? stored;
    const judged = judgeDraft(draft);
    const problems = judged.kind === 'wrong' ? judged.problems : new Map<string, string>();
    const isDirty = !isSameDraft(draft, stored);
    const isEmpty = isSameDraft(draft, draftOf(draftless, Object.keys(draft.collectors)));
    const base = this.base ?? view;
    const isStale = isDirty && view !== null && base !== null && base.version !== view.version;
    return html`<form @submit=${this.#submit} novalidate>
      <div class="part">
        <div class="grid">
          <div>
            ${textField({
              ...{ place: 'interval', label: 'Interval, seconds', value: draft.interval, problems, look: 'number' },
              placeholder: this.#inForce(view, (settings) =>
                settings.intervalMs === null ? '' : String(settings.intervalMs / 1_000),
              ),
              change: (interval) => this.#edit({ interval }),
            })}
            ${this.#pin(view, 'interval')}
          </div>
          <div>
            ${textField({
              ...{ place: 'spool', label: 'Spool, MiB', value: draft.spool, problems, look: 'number' },
              placeholder: this.#inForce(view, ({ spoolBytes }) =>
                spoolBytes === null ? '' : String(Math.round(spoolBytes / 1_048_576)),
              ),
              change: (spool) => this.#edit({ spool }),
            })}
            ${this.#pin(view, 'spool_bytes')}
          </div>
        </div>
        ${view?.report == null ? nothing : this.#renderInForce(view)}
      </div>
      <div class="part">
        <h3>Collectors</h3>
        ${this.#renderCollectors(draft, problems, view)}
      </div>
      <div class="part grid">
        ${this.#area({
          ...{ place: 'metrics', label: 'Metrics less often', value: draft.metrics, problems },
          hint: 'A name or glob and a number of ticks in each line, as in disk_* 10.',
          change: (metrics) => this.#edit({ metrics }),
        })}
        ${this.#area({
          ...{ place: 'tags', label: 'Tags of the agent', value: draft.tags, problems },
          hint: 'name=value in each line. A tag that people have given the host wins over these.',
          change: (tags) => this.#edit({ tags }),
        })}
      </div>
      ${this.#renderPinnedRest(view)} ${this.#renderOutcomes()}
      ${this.why === null ? nothing : html`<div class="refused" role="alert">${this.why}</div>`}
      ${
        isStale
          ? html`<div class="refused" role="alert">
              Somebody else has changed these settings meanwhile.
              <button type="button" class="btn small" @click=${this.#discard}>Show the new ones</button>
            </div>`
          : nothing
      }
      <div class="foot">
        <button class="btn primary" ?disabled=${this.isSaving || !isDirty || judged.kind === 'wrong' || isStale}>
          ${this.#isMany ? `Apply to ${formatCount(this.hosts.length)} hosts` : 'Apply'}
        </button>
        <button type="button" class="btn" ?disabled=${!isDirty || this.isSaving} @click=${this.#discard}>Discard</button>
        ${
          this.#isMany
            ? html`<span class="hint end">What is left empty stays as it is.</span>`
            : html`<button type="button" class="btn ghost end" ?disabled=${isEmpty || this.isSaving} @click=${this.#reset}>
                Reset to default
              </button>`
        }
      </div>
    </form>`;
  }

  #renderInForce({ report }: SettingsView) {
    const { intervalMs, spoolBytes } = report!.effective;
    const parts = [
      intervalMs === null ? '' : `a tick each ${formatValue(intervalMs / 1_000, 's')}`,
      spoolBytes === null ? '' : `${formatValue(spoolBytes, 'bytes')} of spool`,
    ].filter((part) => part !== '');
    return parts.length === 0 ? nothing : html`<p class="hint">In force: ${parts.join(', ')}.</p>`;
  }

  #renderCollectors(draft: SettingsDraft, problems: ReadonlyMap<string, string>, view: SettingsView | null) {
    const options = [
      ['own', this.#isMany ? 'As it is' : 'As the agent has it'],
      ['on', 'On'],
      ['off', 'Off'],
    ] as const;
    return html`<div class="scroll">
      <table aria-label="Collectors">
        <thead>
          <tr>
            <th scope="col">Collector</th>
            <th scope="col">Wanted</th>
            <th scope="col">Each so many ticks</th>
            ${view === null ? nothing : html`<th scope="col">In force</th>`}
          </tr>
        </thead>
        <tbody>
          ${Object.entries(draft.collectors).map(([name, { choice, every }]) => {
            const place = `collectors.${name}`;
            return html`<tr>
              <td class="mono">${name}</td>
              <td>
                ${selectField<CollectorChoice>({
                  ...{ label: `${name}: on or off`, value: choice, options },
                  change: (next) => this.#editCollector(name, { choice: next }),
                })}
                ${this.#pin(view, `${place}.enabled`)}
              </td>
              <td>
                ${textField({
                  ...{
                    place,
                    label: `${name}: each so many ticks`,
                    value: every,
                    problems,
                    isBare: true,
                    look: 'number',
                  },
                  change: (next) => this.#editCollector(name, { every: next }),
                })}
                ${problemsAt(problems, [place])} ${this.#pin(view, `${place}.every`)}
              </td>
              ${view === null ? nothing : html`<td>${this.#collectorInForce(view, name)}</td>`}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }

  #collectorInForce({ report }: SettingsView, name: string): string {
    const collector = report?.effective.collectors[name];
    if (collector === undefined) return '–';
    if (collector.isOn === false) return 'off';
    return collector.every === 1 ? 'each tick' : `each ${formatCount(collector.every ?? 1)} ticks`;
  }

  #area(shape: {
    readonly place: 'metrics' | 'tags';
    readonly label: string;
    readonly value: string;
    readonly hint: string;
    readonly problems: ReadonlyMap<string, string>;
    readonly change: (text: string) => void;
  }) {
    const { place, label, value, hint, problems, change } = shape;
    return html`<div class="field">
      <label for=${place}>${label}</label>
      <textarea
        id=${place}
        class="input mono"
        rows="4"
        spellcheck="false"
        aria-invalid=${problems.has(place) ? 'true' : nothing}
        aria-describedby=${problems.has(place) ? `${place}-problem` : nothing}
        .value=${value}
        @input=${(event: Event) => change((event.target as HTMLTextAreaElement).value)}
      ></textarea>
      <span class="hint">${hint}</span>
      ${problemsAt(problems, [place])}
    </div>`;
  }

  /** Tags and patterns of the local file have no field of their own here. */
  #renderPinnedRest(view: SettingsView | null) {
    const pinned = [...(view?.report?.pinned ?? [])].filter((place) => /^(tags|metrics)\./.test(place));
    if (pinned.length === 0) return nothing;
    return html`<div class="part">
      <p class="hint">Its local file decides: ${pinned.map((place) => place.replace('.', ' ')).join(', ')}.</p>
    </div>`;
  }

  #renderOutcomes() {
    const wrong = this.outcomes.filter(({ outcome }) => outcome === 'refused' || outcome === 'conflict');
    if (wrong.length === 0) return nothing;
    return html`<div class="refused" role="alert">
      <p>${formatCount(wrong.length)} of ${formatCount(this.outcomes.length)} hosts were not changed:</p>
      <ul>
        ${wrong.slice(0, outcomesShown).map(({ host, why }) => html`<li>${host}: ${why}</li>`)}
      </ul>
      ${wrong.length > outcomesShown ? html`<p>And ${formatCount(wrong.length - outcomesShown)} more.</p>` : nothing}
    </div>`;
  }

  #renderVersions(view: SettingsView) {
    if (view.version === 0) return nothing;
    return html`<details @toggle=${this.#readVersions}>
      <summary>Versions</summary>
      <ul class="versions">
        ${(this.versions ?? []).map(
          (each) => html`<li>
            <b>Version ${each.version}</b>
            <span class="hint">${each.changedBy}${each.changedMs === null ? '' : `, ${formatMoment(each.changedMs)}`}</span>
            ${
              each.version === view.version
                ? html`<span class="hint">the newest</span>`
                : html`<button class="btn small" @click=${() => this.#bringBack(each, view)}>Put into the form</button>`
            }
            <code>${JSON.stringify(settingsJson(each.settings))}</code>
          </li>`,
        )}
      </ul>
    </details>`;
  }

  #pin(view: SettingsView | null, place: string) {
    return view?.report?.pinned.has(place) === true
      ? html`<span class="pin" title="The local file of the agent says it, and wins">pinned</span>`
      : nothing;
  }

  #inForce(view: SettingsView | null, show: (settings: SettingsView['settings']) => string): string {
    return view?.report == null ? '' : show(view.report.effective);
  }

  #storedDraft(view: SettingsView | null): SettingsDraft {
    const known = Object.keys(view?.report?.effective.collectors ?? {}).sort(byUse);
    return view === null
      ? { ...emptyDraft, collectors: draftOf(draftless, usualCollectors).collectors }
      : draftOf(view.settings, known.length > 0 ? known : usualCollectors);
  }

  #edit(change: Partial<SettingsDraft>): void {
    this.#begin();
    this.draft = { ...(this.draft ?? this.#storedDraft(this.#polled.value)), ...change };
  }

  #editCollector(name: string, change: Parameters<typeof withCollector>[2]): void {
    this.#begin();
    this.draft = withCollector(this.draft ?? this.#storedDraft(this.#polled.value), name, change);
  }

  #begin(): void {
    if (this.draft === null) this.base = this.#polled.value;
    this.why = null;
    this.outcomes = [];
  }

  readonly #discard = (): void => {
    this.draft = null;
    this.base = null;
    this.why = null;
  };

  /** All fields empty: the agent's own. It is applied as any other change. */
  readonly #reset = (): void => {
    this.#begin();
    this.draft = draftOf(draftless, Object.keys(this.#storedDraft(this.#polled.value).collectors));
  };

  #bringBack({ settings }: SettingsVersion, view: SettingsView): void {
    this.#begin();
    this.draft = draftOf(settings, Object.keys(this.#storedDraft(view).collectors));
  }

  readonly #readVersions = (event: Event): void => {
    if (!(event.target as HTMLDetailsElement).open) return;
    readVersions(this.dashboard.client, this.host).then((asked) => {
      if (asked.kind === 'ok') this.versions = asked.value;
      else this.why = asked.why;
    }, reportError);
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    this.#save().catch(reportError);
  };

  async #save(): Promise<void> {
    const { draft } = this;
    const judged = draft === null ? null : judgeDraft(draft);
    if (judged?.kind !== 'settings' || this.isSaving) return;
    this.isSaving = true;
    this.why = null;
    try {
      if (this.#isMany) await this.#saveMany(judged.json);
      else await this.#saveOne(judged.json);
    } finally {
      this.isSaving = false;
    }
  }

  async #saveOne(settings: Parameters<typeof saveSettings>[2]['settings']): Promise<void> {
    const { host, dashboard } = this;
    const version = this.base?.version ?? this.#polled.value?.version ?? 0;
    const saved = await saveSettings(dashboard.client, host, { version, settings });
    if (this.host !== host) return;
    if (saved.kind === 'failed') {
      this.why = saved.why;
      this.#polled.refresh();
      return;
    }
    this.#polled.value = saved.value;
    this.draft = null;
    this.base = null;
    this.versions = null;
    this.#polled.refresh();
    showToast(this, { kind: 'done', text: `Settings of ${host} saved` });
    tell(this, 'pw-changed', null);
  }

  async #saveMany(settings: Parameters<typeof changeMany>[2]): Promise<void> {
    const asked = await changeMany(this.dashboard.client, this.hosts, settings);
    if (asked.kind === 'failed') {
      this.why = asked.why;
      return;
    }
    this.outcomes = asked.value;
    const changed = asked.value.filter(({ outcome }) => outcome === 'changed').length;
    showToast(this, {
      kind: 'done',
      text: `Settings applied to ${formatCount(changed)} of ${formatCount(asked.value.length)} hosts`,
    });
    if (asked.value.every(({ outcome }) => outcome === 'changed' || outcome === 'unchanged')) this.draft = null;
    tell(this, 'pw-changed', null);
  }
}

/** As an agent runs them; those that are not known here by name, behind. */
function byUse(one: string, other: string): number {
  const [at, otherAt] = [usualCollectors.indexOf(one), usualCollectors.indexOf(other)];
  if (at >= 0 && otherAt >= 0) return at - otherAt;
  return at === otherAt ? compareNames(one, other) : otherAt - at;
}

const draftless = { intervalMs: null, collectors: {}, metrics: [], tags: {}, spoolBytes: null };
