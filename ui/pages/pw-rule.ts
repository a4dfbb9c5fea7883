/**
 * The rule editor: the form at the left, at the right what it means: its chart with limits to drag, and what the rule
 * would have said of the last days. Everything follows the form, the form follows what is dragged.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Rule, RuleSpec } from '#core/rule-spec.ts';
import { type Channel, readChannels } from '../api/channels.ts';
import { Following } from '../controllers/following.ts';
import { LeaveGuard } from '../controllers/leave-guard.ts';
import type { Dashboard } from '../dashboard.ts';
import { questionDialog } from '../elements/dialogs.ts';
import { openRoute, replaceRoute, showToast } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { editorStyles } from '../elements/rules/editor-styles.ts';
import type { PwRuleForm } from '../elements/rules/pw-rule-form.ts';
import { RuleOutlook } from '../live/rule-outlook.ts';
import { formatAgo } from '../model/format.ts';
import { alertsRoute, hrefOf, type RuleRoute, ruleRoute } from '../model/route.ts';
import { limitParts } from '../model/rules/limit-text.ts';
import { previewOf } from '../model/rules/message-preview.ts';
import type { QuieterOption } from '../model/rules/quieter-options.ts';
import { type Conflict, RuleEditor } from '../model/rules/rule-editor.ts';
import { formOf, type RuleForm } from '../model/rules/rule-form.ts';
import { ruleSentence } from '../model/rules/rule-text.ts';
import { sentenceOf } from '../model/sentence.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/pw-empty-state.ts';
import '../elements/pw-skeleton.ts';
import '../elements/rules/pw-backtest.ts';
import '../elements/rules/pw-rule-chart.ts';
import '../elements/rules/pw-rule-form.ts';

@customElement('pw-rule')
export class PwRule extends LitElement {
  static override readonly styles = [sharedStyles, editorStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: RuleRoute;
  @state() private channels: readonly Channel[] = [];
  @state() private isDeleting = false;
  #editor!: RuleEditor;
  #outlook!: RuleOutlook;
  /** The rule as it is typed, or the last that made sense. */
  #spec: RuleSpec | null = null;
  readonly #guard = new LeaveGuard(this, () => this.#editor.isDirty);

  constructor() {
    super();
    new Following(
      this,
      () => [this.#editor.changed],
      () => this.#formChanged(),
    );
    new Following(this, () => [this.#outlook.changed]);
  }

  override connectedCallback(): void {
    this.#editor = new RuleEditor(this.dashboard.client);
    this.#outlook = new RuleOutlook(this.dashboard);
    super.connectedCallback();
    this.dashboard.background(this.#readChannels());
    if (this.hasUpdated) this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#editor.release();
    this.#outlook.release();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('route');
    if (!changed.has('route') || (before !== undefined && hrefOf(before) === hrefOf(this.route))) return;
    // The page's own address after a new rule has been saved.
    if (before !== undefined && this.route.id !== null && this.route.id === this.#editor.saved?.id) return;
    this.#load();
  }

  override render() {
    switch (this.#editor.phase) {
      case 'loading':
        return html`<pw-skeleton kind="host"></pw-skeleton>`;
      case 'missing':
        return this.#renderMissing('This rule is not there', 'It may have been deleted meanwhile.');
      case 'gone':
        return this.#renderMissing('The rule was deleted', 'What it had firing resolves now.');
      case 'failed':
        return this.#renderMissing('The rule could not be loaded', this.#editor.why, true);
      case 'ready':
        return this.#renderEditor();
    }
  }

  #renderMissing(title: string, text: string, canRetry = false) {
    return html`<div class="missing" role="alert">
      <h1>${title}</h1>
      <p>${text}</p>
      ${
        canRetry
          ? html`<button class="btn" @click=${this.#load}>Try again</button>`
          : html`<a class="btn" href=${hrefOf({ ...alertsRoute, list: 'rules' })} data-navigate>All rules</a>`
      }
    </div>`;
  }

  #renderEditor() {
    const editor = this.#editor;
    const outlook = this.#outlook;
    const { form } = editor;
    const isReadOnly = this.#isReadOnly;
    const spec = this.#spec;
    const { unit, shown, choices } = outlook;
    return html`${this.#renderTop()} ${this.#renderNotices()}
      <div class="columns">
        <form class="panel" @submit=${this.#submitted} aria-label="Rule">
          <pw-rule-form
            .dashboard=${this.dashboard}
            .form=${form}
            .problems=${editor.problems}
            .channels=${this.channels}
            .metricChoices=${choices.metrics}
            .labelChoices=${choices.labelsOf(form.patterns)}
            unit=${limitParts(0, unit).unit}
            preview=${spec === null ? '' : previewOf({ ...form, spec, series: shown[0] ?? null, fleet: this.dashboard.fleet })}
            ?disabled=${isReadOnly}
            @pw-change=${(event: CustomEvent<Partial<RuleForm>>) => editor.set(event.detail)}
          ></pw-rule-form>
        </form>
        <div class="right">
          ${
            form.kind === 'series'
              ? html`<pw-rule-chart
                  .dashboard=${this.dashboard}
                  .spec=${spec}
                  .matching=${outlook.matching}
                  .shown=${shown}
                  unit=${unit}
                  ?disabled=${isReadOnly}
                  @pw-change=${(event: CustomEvent<Partial<RuleForm>>) => editor.set(event.detail)}
                  @pw-drag=${(event: CustomEvent<boolean>) => outlook.drag(event.detail)}
                ></pw-rule-chart>`
              : nothing
          }
          <pw-backtest
            .run=${outlook.run}
            .days=${outlook.days}
            .hostNames=${outlook.matching.hostNames}
            .options=${outlook.options}
            .downtimes=${outlook.downtimes}
            .canTry=${!isReadOnly}
            why=${outlook.whyNone}
            @pw-days=${(event: CustomEvent<number>) => outlook.look(event.detail)}
            @pw-try=${(event: CustomEvent<QuieterOption>) => editor.set(this.#formChangeOf(event.detail.spec))}
            @pw-retry=${() => outlook.retry()}
          ></pw-backtest>
        </div>
      </div>
      ${this.#renderOver()}`;
  }

  #renderTop() {
    const editor = this.#editor;
    const { saved, form } = editor;
    const isReadOnly = this.#isReadOnly;
    const title = form.name.trim() === '' ? (saved?.name ?? 'New rule') : form.name;
    return html`<div class="top">
      <a class="btn ghost small icon" href=${hrefOf({ ...alertsRoute, list: 'rules' })} data-navigate aria-label="Back to all rules"
        >${icon('left')}</a
      >
      <h1>${title}</h1>
      <span class="about">${this.#about()}</span>
      <div class="actions">
        <label class="check"
          ><input
            type="checkbox"
            .checked=${form.isEnabled}
            ?disabled=${isReadOnly}
            @change=${(event: Event) => editor.set({ isEnabled: (event.target as HTMLInputElement).checked })}
          />Enabled</label
        >
        ${this.#mayEdit ? this.#renderActs() : nothing}
      </div>
    </div>`;
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  /** Kept in the hub's file, or looked at by somebody who may not change it. */
  get #isReadOnly(): boolean {
    return this.#editor.isReadOnly || !this.#mayEdit;
  }

  #renderActs() {
    const editor = this.#editor;
    const { saved, isDirty, isSaving, isReadOnly, draft } = editor;
    return html`${
      saved === null
        ? nothing
        : html`<a class="btn" href=${hrefOf({ ...ruleRoute, copyOf: saved.id })} data-navigate aria-label="Duplicate">${icon('copy', 14)}<span class="wide">Duplicate</span></a>
                <button class="btn danger" ?disabled=${isReadOnly || isSaving} @click=${this.#askToDelete}>Delete</button>`
    }
        <button class="btn" ?disabled=${!isDirty || isSaving} @click=${() => editor.discard()}>Discard</button>
        <button
          class="btn primary"
          ?disabled=${draft === null || isSaving || isReadOnly || (saved !== null && !isDirty)}
          @click=${this.#save}
        >
          ${isSaving ? 'Saving' : 'Save rule'}
        </button>`;
  }

  #about() {
    const { saved, isDirty, draft } = this.#editor;
    const spec = this.#spec;
    const sentence = spec === null ? '' : ruleSentence(spec, this.#outlook.seriesUnit);
    const state =
      draft === null ? 'not valid yet' : saved === null ? 'not saved yet' : isDirty ? 'changed, not saved' : '';
    const origin = saved?.origin === 'default' ? 'default rule' : 'rule';
    const since =
      saved === null || state !== '' ? '' : `${origin}, changed ${formatAgo(saved.changedMs, this.dashboard.hubMs)}`;
    return [sentence, state, since].filter(Boolean).join(' · ');
  }

  #renderNotices() {
    const { isReadOnly, problems, conflict } = this.#editor;
    const refused = problems.get('');
    return html`${
      isReadOnly
        ? html`<p class="locked">This rule is kept in the hub's file of alerts. It can be changed there; a duplicate can be changed here.</p>`
        : this.#mayEdit
          ? nothing
          : html`<p class="locked">Your role is to look: editors change rules.</p>`
    }${
      refused === undefined ? nothing : html`<p class="refused" role="alert">${sentenceOf(refused)}</p>`
    }${conflict === null ? nothing : this.#renderConflict(conflict)}`;
  }

  /** Two people at one rule: what both have written stays until one of them has decided. */
  #renderConflict(conflict: Conflict) {
    return conflict === 'changed'
      ? html`<p class="refused" role="alert">
          Somebody else has changed this rule meanwhile. What you have typed is still here, and not saved.
          <button class="btn small" @click=${this.#load}>Take theirs</button>
          <button class="btn small" @click=${this.#saveAnyway}>Save mine over it</button>
        </p>`
      : html`<p class="refused" role="alert">
          This rule was deleted meanwhile. What you have typed is still here, and not saved.
          <button class="btn small" @click=${this.#saveAnyway}>Save as a new rule</button>
        </p>`;
  }

  #renderOver() {
    if (this.isDeleting)
      return questionDialog({
        heading: 'Delete this rule?',
        text: `"${this.#editor.saved?.name}" is deleted for everybody. What it has firing resolves; what happened stays in the list of alerts.`,
        act: 'Delete rule',
        close: this.#keep,
        confirm: () => this.dashboard.background(this.#delete()),
      });
    if (this.#guard.isAsking)
      return questionDialog({
        heading: 'Leave without saving?',
        text: 'This rule has changes that are not saved.',
        act: 'Discard and leave',
        keep: 'Stay here',
        close: this.#guard.stay,
        confirm: this.#guard.leave,
      });
    return nothing;
  }

  readonly #load = (): void => {
    this.#guard.reset();
    this.#spec = null;
    this.dashboard.background(this.#editor.load(this.route));
  };

  #formChanged(): void {
    const { draft, phase, saved, isDirty } = this.#editor;
    if (draft !== null) this.#spec = draft.spec;
    if (phase === 'ready') this.#outlook.follow(this.#spec, isDirty && saved !== null ? saved.spec : null);
    this.requestUpdate();
  }

  /** Limits and hold of a rule, as the form has them. */
  #formChangeOf(spec: RuleSpec): Partial<RuleForm> {
    const { comparison, threshold, recovery, low, high, recoveryLow, recoveryHigh, hold } = formOf(
      { name: '', spec, isEnabled: true },
      this.#outlook.seriesUnit,
    );
    return { comparison, threshold, recovery, low, high, recoveryLow, recoveryHigh, hold };
  }

  async #readChannels(): Promise<void> {
    // Where notices go is for those who may change rules.
    if (!this.#mayEdit) return;
    const asked = await readChannels(this.dashboard.client);
    if (asked.kind === 'ok') this.channels = asked.value;
  }

  #submitted(event: Event): void {
    event.preventDefault();
  }

  readonly #save = (): Promise<void> => this.#finish(this.#editor.save());

  readonly #saveAnyway = (): Promise<void> => this.#finish(this.#editor.saveAnyway());

  async #finish(saving: Promise<Rule | null>): Promise<void> {
    const rule = await saving;
    if (rule === null) {
      this.#focusFirstProblem();
      return;
    }
    showToast(this, { kind: 'done', text: 'Rule saved' });
    if (this.route.id !== rule.id) replaceRoute(this, { ...ruleRoute, id: rule.id });
  }

  #focusFirstProblem(): void {
    this.updateComplete.then(() => {
      const form = this.renderRoot.querySelector<PwRuleForm>('pw-rule-form');
      form?.updateComplete.then(() => form.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    });
  }

  #askToDelete(): void {
    this.isDeleting = true;
  }

  readonly #keep = (): void => {
    this.isDeleting = false;
  };

  async #delete(): Promise<void> {
    this.isDeleting = false;
    if (!(await this.#editor.remove())) return;
    showToast(this, { kind: 'done', text: 'Rule deleted' });
    openRoute(this, { ...alertsRoute, list: 'rules' });
  }
}
