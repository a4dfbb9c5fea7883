/**
 * One host: its facts, and a chart for everything it measures, over any span of time. Sections are made from the layout,
 * so they follow it: a new disk or a script's new metric is there with the next tick.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Note } from '#core/note.ts';
import type { Layout } from '#core/series.ts';
import { Following } from '../controllers/following.ts';
import { Keys } from '../controllers/keys.ts';
import { type Dashboard, type OpenHost, windowMs } from '../dashboard.ts';
import type { PwChart } from '../elements/charts/pw-chart.ts';
import { openRoute, replaceRoute, tell } from '../elements/events.ts';
import { eventsIn } from '../elements/host/events-in.ts';
import { HostOverlays } from '../elements/host/host-overlays.ts';
import { pageStyles } from '../elements/host/page-styles.ts';
import type { PwSectionIndex } from '../elements/host/pw-section-index.ts';
import type { PwToolbar } from '../elements/host/pw-toolbar.ts';
import { RangeMoves } from '../elements/host/range-moves.ts';
import { SeriesWindow } from '../history/series-window.ts';
import type { FleetHost } from '../live/fleet.ts';
import { HostMarks } from '../live/host-marks.ts';
import { StoredLayout } from '../live/stored-layout.ts';
import { type Section, sectionsOf } from '../model/charts/charts.ts';
import { findSections } from '../model/charts/find.ts';
import type { WindowEvent } from '../model/charts/window-events.ts';
import type { HostRoute } from '../model/route.ts';
import { isSameRange, type TimeRange } from '../model/time-range.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/charts/pw-chart.ts';
import '../elements/charts/pw-chart-menu.ts';
import '../elements/host/pw-fs-list.ts';
import '../elements/host/pw-host-header.ts';
import '../elements/host/pw-host-notice.ts';
import '../elements/host/pw-note-dialog.ts';
import '../elements/host/pw-process-table.ts';
import '../elements/host/pw-section-index.ts';
import '../elements/pw-skeleton.ts';
import '../elements/host/pw-toolbar.ts';

interface OpenNote {
  readonly note: Note | null;
  readonly atMs: number;
}

@customElement('pw-host')
export class PwHost extends LitElement {
  static override readonly styles = [sharedStyles, pageStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: HostRoute;
  @state() private openNote: OpenNote | null = null;
  /** Section under the reader's eyes. Written to the index directly: a scroll must not render the page. */
  #currentSection = '';
  /** Whom the page shows, whatever its name; null while there is no such host. */
  #host: FleetHost | null = null;
  #open: OpenHost | null = null;
  #window: SeriesWindow | null = null;
  #marks: HostMarks | null = null;
  #stored: StoredLayout | null = null;
  readonly #overlays = new HostOverlays();
  #unsubscribes: readonly (() => void)[] = [];
  #sections: readonly Section[] = [];
  /** What the sections were made from. */
  #layout: Layout | null = null;
  /** Marks or sections are other ones than the charts have. */
  #isMarkDue = false;
  /** The section of the address is shown once, when it is there. */
  #goesTo = '';
  #eventsText = '';
  readonly #moves: RangeMoves;

  constructor() {
    super();
    const page = this;
    this.#moves = new RangeMoves({
      get window() {
        return page.#window;
      },
      get nowMs() {
        return page.dashboard.hubMs;
      },
      open: (range) => {
        if (!isSameRange(range, this.route.range)) openRoute(this, { ...this.route, range });
      },
      replace: (range) => this.#replaceRange(range),
    });
    new Following(this, () => [this.dashboard.fleet.listChanged]);
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#second(),
    );
    new Keys(this, {
      ...this.#moves.keys,
      j: () => this.#step(1),
      k: () => this.#step(-1),
      n: () => this.#addNote(),
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('scroll', this.#scrolled, { passive: true });
    window.addEventListener('scrollend', this.#scrollEnded);
    if (this.hasUpdated) this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('scroll', this.#scrolled);
    window.removeEventListener('scrollend', this.#scrollEnded);
    this.#leave();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('route')) {
      if (this.#open?.name !== this.route.host) this.#follow();
      else this.#window?.show(this.route.range);
      this.#moves.shown(this.route.range);
    }
    this.#readSections();
    if (!this.#isMarkDue || this.#marks === null || this.#window === null) return;
    this.#isMarkDue = false;
    this.#overlays.update(this.#sections, this.#marks, this.#window);
  }

  override updated(changed: PropertyValues<this>): void {
    this.#followRename();
    if (this.#goesTo !== '' && this.#sections.length > 0) this.#goToFirst(this.#goesTo);
    this.#scrolled();
    this.#eventsText = '';
    this.#showEvents();
    if (changed.has('route')) tell(this, 'pw-pause', this.route.range.kind === 'fixed');
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwToolbar>('pw-toolbar')?.focusSearch();
  }

  override render() {
    const host = this.dashboard.fleet.byName(this.route.host);
    const open = this.#open;
    const hostWindow = this.#window;
    const marks = this.#marks;
    if (host === null || open === null || hostWindow === null || marks === null) return this.#renderUnknown();
    const sections = findSections(this.#sections, this.route.find);
    return html`<pw-host-header .dashboard=${this.dashboard} .host=${host} .open=${open}></pw-host-header>
      <pw-host-notice .dashboard=${this.dashboard} .host=${host} .marks=${marks}></pw-host-notice>
      <pw-toolbar
        role="toolbar"
        aria-label="Charts"
        .dashboard=${this.dashboard}
        .window=${hostWindow}
        .route=${this.route}
        @pw-toggle=${this.#moves.togglePause}
        @pw-range=${this.#moves.chosen}
      ></pw-toolbar>
      ${open.stream.ring.newestMs === null ? this.#renderWaiting(open, host) : nothing}
      ${this.#sections.length > 0 && sections.length === 0 ? this.#renderNoMatch() : nothing}
      ${sections.length === 0 ? nothing : this.#renderBody(sections, open, hostWindow)}
      ${this.openNote === null ? nothing : this.#renderNote(this.openNote)}`;
  }

  #renderBody(sections: readonly Section[], open: OpenHost, hostWindow: SeriesWindow) {
    return html`<div
      class="body"
      @pw-zoom=${this.#moves.zoomed}
      @pw-pan=${this.#moves.dragged}
      @pw-live=${this.#moves.goLive}
      @pw-goto=${(event: CustomEvent<string>) => this.#jump(event.detail)}
      @pw-event=${(event: CustomEvent<WindowEvent>) => this.#showEvent(event.detail)}
      @pw-note=${this.#addNote}
      @pw-add-note=${(event: CustomEvent<number>) => (this.openNote = { note: null, atMs: event.detail })}
    >
      <div>
        ${repeat(
          sections,
          ({ id }) => id,
          (section) => this.#renderSection(section, open, hostWindow),
        )}
      </div>
      <pw-section-index
        role="navigation"
        aria-label="Sections"
        .sections=${sections}
        .levels=${this.#overlays.levels}
        .problem=${this.#marks?.problem ?? ''}
        .host=${this.route.host}
      ></pw-section-index>
    </div>`;
  }

  #renderSection(section: Section, open: OpenHost, hostWindow: SeriesWindow) {
    return html`<section id=${section.id} aria-label=${section.title}>
      <header><h2>${section.title}</h2><span class="ell">${section.note}</span></header>
      <div class="charts columns-${this.route.columns}">
        ${section.mounts.length === 0 ? nothing : html`<pw-fs-list .mounts=${section.mounts} .open=${open}></pw-fs-list>`}
        ${repeat(
          section.charts,
          ({ id }) => id,
          (chart) => html`<pw-chart .chart=${chart} .source=${hostWindow} .overlays=${this.#overlays.ofChart(chart)}>
            <pw-chart-menu
 .canEdit=${this.dashboard.session.may('editor')}
              slot="menu"
              .chart=${chart}
              .source=${hostWindow}
              .overlays=${this.#overlays.ofChart(chart)}
              .hasNotes=${true}
              .host=${this.route.host}
              .range=${this.route.range}
            ></pw-chart-menu>
          </pw-chart>`,
        )}
        ${section.hasProcesses ? html`<pw-process-table .open=${open}></pw-process-table>` : nothing}
      </div>
    </section>`;
  }

  #renderNote({ note, atMs }: OpenNote) {
    return html`<pw-note-dialog
      .dashboard=${this.dashboard}
      .host=${this.route.host}
      .note=${note}
      .atMs=${atMs}
      @pw-saved=${() => this.#marks?.refresh()}
      @pw-close=${() => (this.openNote = null)}
    ></pw-note-dialog>`;
  }

  #renderNoMatch() {
    return html`<div class="state" role="status">
      <h1>No chart matches \u201c${this.route.find}\u201d</h1>
      <button class="btn" @click=${() => replaceRoute(this, { ...this.route, find: '' })}>Clear search</button>
    </div>`;
  }

  /** Nothing has come in the last minutes. What came before is there to be looked at. */
  #renderWaiting(open: OpenHost, { lastMs }: FleetHost) {
    if (this.route.range.kind === 'fixed' || this.route.range.spanMs > windowMs) return nothing;
    if (!open.stream.hasSnapshot)
      return this.#sections.length > 0 ? nothing : html`<pw-skeleton kind="host"></pw-skeleton>`;
    return html`<div class="state ${this.#sections.length > 0 ? 'above' : ''}" role="status">
      <h1>No data in the last five minutes</h1>
      <p>The charts start as soon as the agent sends again.</p>
      ${
        lastMs === 0
          ? nothing
          : html`<button class="btn" @click=${() => this.#moves.before(lastMs)}>Show the hour before it fell silent</button>`
      }
    </div>`;
  }

  #renderUnknown() {
    if (!this.dashboard.isComplete) return html`<pw-skeleton kind="host"></pw-skeleton>`;
    return html`<div class="state">
      <h1>There is no host \u201c${this.route.host}\u201d</h1>
      <p>It may have been renamed or removed, or its agent has not connected yet.</p>
      <a class="btn" href="/dashboard" data-navigate>All hosts</a>
    </div>`;
  }

  #follow(): void {
    this.#leave();
    const { dashboard, route } = this;
    const open = dashboard.open(route.host);
    const hostWindow = new SeriesWindow({ dashboard, range: route.range, host: route.host });
    const marks = new HostMarks(dashboard, route.host, () => hostWindow.window);
    const stored = new StoredLayout(dashboard, route.host);
    this.#open = open;
    this.#window = hostWindow;
    this.#marks = marks;
    this.#stored = stored;
    this.#isMarkDue = true;
    this.#goesTo = route.section;
    this.#unsubscribes = [
      open.stream.changed.subscribe(() => {
        if (this.#knownLayout() !== this.#layout || !this.hasAttribute('waiting')) this.requestUpdate();
      }),
      stored.changed.subscribe(() => this.requestUpdate()),
      marks.changed.subscribe(() => {
        this.#isMarkDue = true;
        this.requestUpdate();
      }),
    ];
  }

  /** A host that has got another name takes its page along. */
  #followRename(): void {
    const { fleet } = this.dashboard;
    const host = fleet.byName(this.route.host);
    if (host !== null) this.#host = host;
    else if (this.#host !== null && fleet.byName(this.#host.name) === this.#host)
      replaceRoute(this, { ...this.route, host: this.#host.name });
  }

  #leave(): void {
    this.#host = null;
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
    this.#marks?.release();
    this.#stored?.release();
    this.#window?.release();
    if (this.#open !== null) this.dashboard.close(this.#open);
    this.#open = this.#window = this.#marks = this.#stored = null;
    this.#sections = [];
    this.#layout = null;
  }

  /** What the newest tick has; of a host that is away, what is stored. */
  #knownLayout(): Layout | null {
    return this.#open?.stream.ring.layout ?? this.#stored?.layout ?? null;
  }

  #readSections(): void {
    // Rendered once more when the snapshot has come, even if it is empty.
    this.toggleAttribute('waiting', this.#open?.stream.hasSnapshot === true);
    const layout = this.#knownLayout();
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.#sections = layout === null ? [] : sectionsOf(layout);
    this.#isMarkDue = true;
  }

  #second(): void {
    const stream = this.#open?.stream;
    if (stream?.ring.layout === null && (stream.hasSnapshot || !this.dashboard.isLive)) this.#stored?.need();
    this.#showEvents();
  }

  #replaceRange(range: TimeRange): void {
    replaceRoute(this, { ...this.route, range });
  }

  /** What happened in the window, to the index directly: each second, and without rendering the page. */
  #showEvents(): void {
    const index = this.renderRoot.querySelector<PwSectionIndex>('pw-section-index');
    const hostWindow = this.#window;
    const marks = this.#marks;
    if (index === null || hostWindow === null || marks === null) return;
    const events = eventsIn(hostWindow, marks, this.#sections);
    const text = JSON.stringify(events);
    if (text === this.#eventsText) return;
    this.#eventsText = text;
    index.nowMs = this.dashboard.hubMs;
    index.events = events;
  }

  #showEvent(event: WindowEvent): void {
    const note = event.kind === 'note' ? this.#marks?.notes.find(({ id }) => id === event.noteId) : undefined;
    if (note !== undefined && this.dashboard.session.may('editor')) this.openNote = { note, atMs: note.atMs };
    else this.#moves.around(event.atMs, event.toMs ?? event.atMs);
  }

  /** At the moment under the cursor, else now. */
  readonly #addNote = (): void => {
    if (!this.dashboard.session.may('editor')) return;
    const charts = [...this.renderRoot.querySelectorAll<PwChart>('pw-chart')];
    const cursorMs = charts.map((chart) => chart.cursorMs).find((ms) => ms !== null);
    this.openNote = { note: null, atMs: cursorMs ?? this.dashboard.hubMs };
  };

  #jump(id: string): void {
    this.#goTo(id);
    if (id !== this.route.section) replaceRoute(this, { ...this.route, section: id });
  }

  /** As soon as what stands above it has its height. */
  #goToFirst(id: string): void {
    this.#goesTo = '';
    requestAnimationFrame(() => this.#goTo(id));
  }

  #goTo(id: string): void {
    this.renderRoot.querySelector(`section[id="${CSS.escape(id)}"]`)?.scrollIntoView();
  }

  #step(by: number): void {
    const sections = [...this.renderRoot.querySelectorAll('section')];
    const at = sections.findIndex(({ id }) => id === this.#currentSection);
    const section = sections[Math.max(0, Math.min(sections.length - 1, at + by))];
    if (section !== undefined) this.#jump(section.id);
  }

  /** The section whose head is the last above the upper third of the screen. */
  readonly #scrolled = (): void => {
    let current = '';
    for (const section of this.renderRoot.querySelectorAll('section')) {
      if (current === '' || section.getBoundingClientRect().top < 120) current = section.id;
    }
    this.#currentSection = current;
    const index = this.renderRoot.querySelector<PwSectionIndex>('pw-section-index');
    if (index !== null) index.current = current;
  };

  /** A link that is copied now leads to what is read now. */
  readonly #scrollEnded = (): void => {
    if (this.#sections.length === 0) return;
    const section = window.scrollY < 40 ? '' : this.#currentSection;
    if (section !== this.route.section) replaceRoute(this, { ...this.route, section });
  };
}
