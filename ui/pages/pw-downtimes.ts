/**
 * Downtimes: a timeline, a calendar and a list of planned work, in any zone, and the form for one of them at the side.
 * What is shown stands in the address; the draft of the form is kept here, and drawn where it would be.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { isZone } from '#core/schedule.ts';
import { type ListedDowntime, readDowntimes } from '../api/downtimes.ts';
import { Following } from '../controllers/following.ts';
import { Keys } from '../controllers/keys.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { openRoute, replaceRoute } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { appliesWithCount } from '../model/downtimes/applies-text.ts';
import { type DowntimeRow, downtimeRows } from '../model/downtimes/downtime-row.ts';
import { type DowntimeDraft, draftOf, newDraft, scheduleOfDraft } from '../model/downtimes/draft.ts';
import { countMatching, sameAgain } from '../model/downtimes/lookup.ts';
import { type ShownSpan, shiftedDay, shownSpan } from '../model/downtimes/shown-span.ts';
import type { DraftRow } from '../model/downtimes/timeline.ts';
import { pageZone, type Shown } from '../model/downtimes/zone-text.ts';
import { type DowntimesRoute, downtimesRoute, downtimeViews, hrefOf } from '../model/route.ts';
import { rememberedAuthor, zoneChanged } from '../settings.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/downtimes/pw-downtime-calendar.ts';
import '../elements/downtimes/pw-downtime-form.ts';
import '../elements/downtimes/pw-downtime-list.ts';
import '../elements/downtimes/pw-downtime-question.ts';
import '../elements/downtimes/pw-downtimes-bar.ts';
import '../elements/downtimes/pw-ended-downtimes.ts';
import '../elements/downtimes/pw-timeline.ts';
import { downtimesStyles } from '../elements/downtimes/page-styles.ts';

const pollMs = 15_000;
/** The line of now moves, and windows begin and end, in steps of this. */
const stepMs = 5_000;

@customElement('pw-downtimes')
export class PwDowntimes extends LitElement {
  static override readonly styles = [sharedStyles, downtimesStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: DowntimesRoute = downtimesRoute;
  @state() private draft: DowntimeDraft | null = null;
  @state() private question: { readonly act: 'end' | 'delete'; readonly row: DowntimeRow } | null = null;
  readonly #polled: Polled<readonly ListedDowntime[]>;
  #step = 0;
  /** When one was ended or deleted here: what ended then is over at once, and not with the next step. */
  #changedMs = 0;
  /** What the draft was made of: the id in the address. */
  #draftId = '';

  constructor() {
    super();
    this.#polled = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: async ({ client }, options) => {
        const asked = await readDowntimes(client, options);
        return asked.kind === 'failed' ? asked : { ...asked, value: sameAgain(this.#polled.value ?? [], asked.value) };
      },
      everyMs: pollMs,
    });
    new Following(this, () => [this.dashboard.fleet.listChanged, this.dashboard.alerts.changed, zoneChanged]);
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#second(),
    );
    new Keys(this, {
      '[': () => this.#shift(-1),
      ']': () => this.#shift(1),
      '0': () => this.#replace({ at: '' }),
      d: () => this.#nextView(),
      n: () => this.#openNew(),
      Escape: () => this.route.id !== '' && this.#close(),
    });
  }

  override render() {
    const { route } = this;
    const zone = this.#zone;
    const shown: Shown = { zone, nowMs: this.#nowMs };
    const span = shownSpan({
      ...route,
      span: route.view === 'calendar' ? 'month' : route.span,
      zone,
      nowMs: shown.nowMs,
    });
    const rows = this.#rows();
    return html`<pw-downtimes-bar
        .route=${route}
        .span=${span}
        zone=${zone}
        .nowMs=${shown.nowMs}
        .canEdit=${this.#mayEdit}
        @pw-show=${(event: CustomEvent<Partial<DowntimesRoute>>) => this.#replace(event.detail)}
        @pw-step=${(event: CustomEvent<number>) => this.#shift(event.detail)}
        @pw-new=${this.#openNew}
      ></pw-downtimes-bar>
      ${this.#renderProblem()}
      <div class="lay ${this.draft === null ? '' : 'split'}">
        ${this.#renderForm(rows)}
        <div class="main">${rows === null ? this.#renderLoading() : this.#renderView(rows, { span, shown })}</div>
      </div>
      ${
        this.question === null
          ? nothing
          : html`<pw-downtime-question
              .dashboard=${this.dashboard}
              .row=${this.question.row}
              act=${this.question.act}
              .shown=${shown}
              @pw-close=${this.#dropQuestion}
              @pw-done=${this.#done}
            ></pw-downtime-question>`
      }`;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('route') || this.#draftId !== this.route.id) this.#followId();
  }

  override updated(changed: PropertyValues<this>): void {
    const before = changed.get('route');
    if (before === undefined || before.id === '' || this.route.id !== '') return;
    this.#focusBack(before.id === 'new' ? 'pw-downtimes-bar' : 'pw-timeline, pw-downtime-calendar').catch(reportError);
  }

  #renderProblem() {
    const { why, value } = this.#polled;
    if (why === null) return this.#renderGone();
    const known = value === null ? '' : ' What is shown was so before.';
    return html`<div class="problem-bar" role="alert">
      <span><b>Downtimes could not be loaded.</b> ${why}${known}</span>
      <button class="btn small" @click=${this.#polled.refresh}>Try again</button>
    </div>`;
  }

  /** The address is of one that somebody has deleted. */
  #renderGone() {
    const { id } = this.route;
    const { value } = this.#polled;
    if (value === null || id === '' || id === 'new' || value.some((each) => String(each.id) === id)) return nothing;
    return html`<div class="gone" role="status">
      <span>This downtime is no longer there.</span>
      <button class="btn small" @click=${this.#close}>Close</button>
    </div>`;
  }

  #renderLoading() {
    if (this.#polled.why !== null) return nothing;
    return html`<span class="sr" role="status">Loading</span>
      <div class="block"></div>`;
  }

  #renderView(rows: readonly DowntimeRow[], { span, shown }: { readonly span: ShownSpan; readonly shown: Shown }) {
    const { route } = this;
    if (rows.length === 0 && this.draft === null) return this.#renderEmpty();
    const draft = this.#draftRow();
    const ended = html`<pw-ended-downtimes .rows=${rows} .shown=${shown}></pw-ended-downtimes>`;
    switch (route.view) {
      case 'timeline':
        return html`<pw-timeline
            .rows=${rows}
            .span=${span}
            .shown=${shown}
            .draft=${draft}
            .heldBack=${this.#heldBack()}
            .canEdit=${this.#mayEdit}
            @pw-open=${this.#openRow}
            @pw-end=${this.#askEnd}
          ></pw-timeline>
          ${ended}`;
      case 'calendar':
        return html`<pw-downtime-calendar
            .rows=${rows}
            at=${route.at === '' ? (span.columns.find(({ isNow }) => isNow)?.day ?? '') : route.at}
            .shown=${shown}
            .draft=${draft}
            .hrefOfDay=${this.#hrefOfDay}
            @pw-open=${this.#openRow}
          ></pw-downtime-calendar>
          ${ended}`;
      case 'list':
        return html`<pw-downtime-list
          .rows=${rows}
          .shown=${shown}
          .canEdit=${this.#mayEdit}
          @pw-open=${this.#openRow}
          @pw-end=${this.#askEnd}
          @pw-delete=${this.#askDelete}
        ></pw-downtime-list>`;
    }
  }

  #renderEmpty() {
    return html`<div class="empty">
      <h2>No downtime is planned</h2>
      <p>
        During a downtime everything is recorded and alerts are judged, but nobody is told, and its hosts are marked. Plan
        one for an update or a move, or a recurring one for the nightly backup.
      </p>
      ${this.#mayEdit ? html`<button class="btn primary" @click=${this.#openNew}>${icon('plus', 14)}New downtime</button>` : nothing}
    </div>`;
  }

  #renderForm(rows: readonly DowntimeRow[] | null) {
    const { draft, route } = this;
    if (draft === null) return nothing;
    const row = rows?.find(({ downtime }) => String(downtime.id) === route.id) ?? null;
    return keyed(
      route.id,
      html`<pw-downtime-form
        .dashboard=${this.dashboard}
        .draft=${draft}
        .row=${row}
        .nowMs=${this.#nowMs}
        @pw-draft=${this.#changeDraft}
        @pw-close=${this.#close}
        @pw-saved=${this.#saved}
        @pw-end=${this.#askEnd}
        @pw-delete=${this.#askDelete}
      ></pw-downtime-form>`,
    );
  }

  get #zone(): string {
    const { zone } = this.route;
    return zone !== '' && isZone(zone) ? zone : pageZone();
  }

  /** In whole steps, so that nothing is drawn anew in between. */
  get #nowMs(): number {
    return Math.max(Math.floor(this.dashboard.hubMs / stepMs) * stepMs, this.#changedMs);
  }

  #rows(): readonly DowntimeRow[] | null {
    const { value } = this.#polled;
    // Before every host is known, counts would be wrong.
    if (value === null || !this.dashboard.isComplete) return null;
    return downtimeRows(value, { hosts: this.dashboard.fleet.hosts, nowMs: this.#nowMs });
  }

  #draftRow(): DraftRow | null {
    const { draft, route } = this;
    const schedule = draft === null ? null : scheduleOfDraft(draft, this.#nowMs);
    if (draft === null || schedule === null || this.#isReadOnly) return null;
    const count = countMatching(draft.hosts, this.dashboard.fleet.hosts);
    const id = route.id === 'new' ? null : Number(route.id);
    return { title: draft.reason.trim(), applies: appliesWithCount(draft.hosts, count), schedule, id };
  }

  get #isReadOnly(): boolean {
    return !this.#mayEdit || this.#polled.value?.find(({ id }) => String(id) === this.route.id)?.origin === 'file';
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  /** Alerts that fire and are not told because of a downtime. */
  #heldBack(): number {
    return this.dashboard.alerts.rows().filter(({ phase, decision }) => phase === 'firing' && decision === 'downtime')
      .length;
  }

  /** Makes the draft of what the address names; of a downtime that is not known yet as soon as it is. */
  #followId(): void {
    const { id, host } = this.route;
    if (id === this.#draftId) return;
    if (id === '' || id === 'new') {
      this.#draftId = id;
      this.draft =
        id === '' || !this.#mayEdit
          ? null
          : newDraft({
              zone: this.#zone,
              nowMs: this.dashboard.hubMs,
              author: this.dashboard.session.author ?? rememberedAuthor(),
              host,
            });
      return;
    }
    const downtime = this.#polled.value?.find((each) => String(each.id) === id);
    if (downtime === undefined) {
      this.draft = null;
      return;
    }
    this.#draftId = id;
    this.draft = draftOf(downtime.spec, this.#zone);
  }

  #second(): void {
    const step = Math.floor(this.dashboard.hubMs / stepMs);
    if (step === this.#step) return;
    this.#step = step;
    this.requestUpdate();
  }

  #replace(changed: Partial<DowntimesRoute>): void {
    replaceRoute(this, { ...this.route, ...changed });
  }

  #shift(steps: number): boolean {
    const { view, span, at } = this.route;
    if (view === 'list') return false;
    const zone = this.#zone;
    const today = shownSpan({ span: 'day', at: '', zone, nowMs: this.#nowMs }).columns[0]!.day;
    const day = shiftedDay(at === '' ? today : at, view === 'calendar' ? 'month' : span, steps);
    this.#replace({ at: day });
    return true;
  }

  #nextView(): void {
    const { view } = this.route;
    this.#replace({ view: downtimeViews[(downtimeViews.indexOf(view) + 1) % downtimeViews.length]! });
  }

  readonly #hrefOfDay = (day: string): string => hrefOf({ ...this.route, view: 'timeline', span: 'day', at: day });

  readonly #openNew = (): void => {
    if (this.route.id !== 'new' && this.#mayEdit) openRoute(this, { ...this.route, id: 'new', host: '' });
  };

  #openRow({ detail }: CustomEvent<DowntimeRow>): void {
    openRoute(this, { ...this.route, id: String(detail.downtime.id), host: '' });
  }

  readonly #close = (): void => {
    this.#replace({ id: '', host: '' });
  };

  /** What the form was opened from gets the focus that was in the form. */
  async #focusBack(from: 'pw-downtimes-bar' | 'pw-timeline, pw-downtime-calendar'): Promise<void> {
    const view = this.renderRoot.querySelector<LitElement>(from);
    await view?.updateComplete;
    view?.focus();
  }

  #changeDraft({ detail }: CustomEvent<DowntimeDraft>): void {
    this.draft = detail;
  }

  #saved(): void {
    this.#polled.refresh();
    this.#close();
  }

  #askEnd({ detail }: CustomEvent<DowntimeRow>): void {
    this.question = { act: 'end', row: detail };
  }

  #askDelete({ detail }: CustomEvent<DowntimeRow>): void {
    this.question = { act: 'delete', row: detail };
  }

  #dropQuestion(event: Event): void {
    event.stopPropagation();
    this.question = null;
  }

  #done({ detail }: CustomEvent<DowntimeRow>): void {
    this.question = null;
    this.#changedMs = this.dashboard.hubMs;
    this.#polled.refresh();
    if (String(detail.downtime.id) === this.route.id) this.#close();
  }
}
