/**
 * One host: its facts, and a chart for everything it measures. Sections are made from the layout, so they follow it:
 * a new disk or a script's new metric is there with the next tick.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard, OpenHost } from '../dashboard.ts';
import type { PwSectionIndex } from '../elements/pw-section-index.ts';
import type { PwToolbar } from '../elements/pw-toolbar.ts';
import { HostWindow } from '../host-window.ts';
import type { Window } from '../model/chart-data.ts';
import { type Section, sectionsOf } from '../model/charts.ts';
import { findSections } from '../model/find.ts';
import type { HostRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/pw-chart.ts';
import '../elements/pw-fs-list.ts';
import '../elements/pw-host-header.ts';
import '../elements/pw-process-table.ts';
import '../elements/pw-section-index.ts';
import '../elements/pw-skeleton.ts';
import '../elements/pw-toolbar.ts';

@customElement('pw-host')
export class PwHost extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      pw-toolbar {
        position: sticky;
        top: var(--pw-h-topbar);
        z-index: var(--pw-z-sticky);
      }
      .body {
        display: grid;
        grid-template-columns: minmax(0, 1fr) var(--pw-w-index);
        gap: 16px;
        padding: 8px 16px 64px;
      }
      pw-section-index {
        position: sticky;
        top: 104px;
        align-self: start;
      }
      section {
        scroll-margin-top: 92px;
      }
      section > header {
        display: flex;
        align-items: baseline;
        gap: 10px;
        padding: 12px 2px 8px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        min-width: 0;
      }
      section:first-child > header {
        padding-top: 4px;
      }
      h2 {
        color: var(--pw-text-1);
        white-space: nowrap;
      }
      .charts {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        gap: 8px;
        align-items: start;
      }
      .charts.columns-1 {
        grid-template-columns: minmax(0, 1fr);
      }
      .charts.columns-3 {
        grid-template-columns: repeat(3, minmax(0, 1fr));
      }
      .state {
        padding: 14vh 16px 0;
        text-align: center;
        color: var(--pw-text-3);
      }
      .state h1 {
        color: var(--pw-text-1);
        margin-bottom: 4px;
        overflow-wrap: anywhere;
      }
      .state .btn {
        margin-top: 12px;
      }
      pw-skeleton {
        padding: 16px;
      }
      @media (max-width: 1100px) {
        .body {
          grid-template-columns: minmax(0, 1fr);
        }
        pw-section-index {
          display: none;
        }
      }
      @media (max-width: 720px) {
        .body {
          padding: 4px 12px 48px;
        }
        .charts,
        .charts.columns-3 {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: HostRoute;
  /** Section under the reader's eyes. Written to the index directly: a scroll must not render the page. */
  #currentSection = '';
  #open: OpenHost | null = null;
  #window: HostWindow | null = null;
  #unsubscribe: () => void = () => {};
  #sections: readonly Section[] = [];
  #sectionsVersion = -1;
  #sectionsRing: unknown = null;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.#keyPressed);
    window.addEventListener('scroll', this.#scrolled, { passive: true });
    if (this.hasUpdated) this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.#keyPressed);
    window.removeEventListener('scroll', this.#scrolled);
    this.#leave();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('route') && this.#open?.name !== this.route.host) this.#follow();
    this.#readSections();
  }

  override updated(): void {
    this.#scrolled();
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwToolbar>('pw-toolbar')?.focusSearch();
  }

  override render() {
    const host = this.dashboard.fleet.byName(this.route.host);
    const open = this.#open;
    const hostWindow = this.#window;
    if (host === null || open === null || hostWindow === null) return this.#renderUnknown();
    const sections = findSections(this.#sections, this.route.find);
    return html`<pw-host-header .dashboard=${this.dashboard} .host=${host} .window=${hostWindow}></pw-host-header>
      <pw-toolbar
        role="toolbar"
        aria-label="Charts"
        .window=${hostWindow}
        .route=${this.route}
        @pw-toggle=${this.#togglePause}
      ></pw-toolbar>
      ${this.#sections.length === 0 ? this.#renderWaiting(open) : nothing}
      ${
        this.#sections.length > 0 && sections.length === 0
          ? html`<div class="state" role="status"><h1>No chart matches \u201c${this.route.find}\u201d</h1></div>`
          : nothing
      }
      ${
        sections.length === 0
          ? nothing
          : html`<div class="body" @pw-zoom=${this.#zoom} @pw-live=${this.#goLive} @pw-goto=${this.#goTo}>
            <div>${repeat(
              sections,
              ({ id }) => id,
              (section) => this.#renderSection(section, open, hostWindow),
            )}</div>
            <pw-section-index role="navigation" aria-label="Sections" .sections=${sections}></pw-section-index>
          </div>`
      }`;
  }

  #renderSection(section: Section, open: OpenHost, hostWindow: HostWindow) {
    return html`<section id=${section.id} aria-label=${section.title}>
      <header><h2>${section.title}</h2><span class="ell">${section.note}</span></header>
      <div class="charts columns-${this.route.columns}">
        ${section.mounts.length === 0 ? nothing : html`<pw-fs-list .mounts=${section.mounts} .window=${hostWindow}></pw-fs-list>`}
        ${repeat(
          section.charts,
          ({ id }) => id,
          (chart) => html`<pw-chart .chart=${chart} .window=${hostWindow}></pw-chart>`,
        )}
        ${section.hasProcesses ? html`<pw-process-table .open=${open}></pw-process-table>` : nothing}
      </div>
    </section>`;
  }

  #renderWaiting(open: OpenHost) {
    if (!open.stream.hasSnapshot) return html`<pw-skeleton kind="host"></pw-skeleton>`;
    return html`<div class="state" role="status">
      <h1>No data in the last five minutes</h1>
      <p>The charts start as soon as the agent sends again.</p>
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
    const open = this.dashboard.open(this.route.host);
    this.#open = open;
    this.#window = new HostWindow(this.dashboard, open);
    this.#unsubscribe = open.stream.changed.subscribe(() => {
      if (this.#needsSections()) this.requestUpdate();
    });
  }

  #leave(): void {
    this.#unsubscribe();
    this.#window?.release();
    if (this.#open !== null) this.dashboard.close(this.#open);
    this.#open = this.#window = null;
    this.#sections = [];
    this.#sectionsVersion = -1;
  }

  #needsSections(): boolean {
    const ring = this.#open?.stream.ring;
    return (
      ring !== undefined &&
      (ring.version !== this.#sectionsVersion ||
        ring !== this.#sectionsRing ||
        (this.#sections.length === 0 && !this.hasAttribute('waiting')))
    );
  }

  #readSections(): void {
    const ring = this.#open?.stream.ring;
    if (ring === undefined) return;
    this.toggleAttribute('waiting', this.#open?.stream.hasSnapshot === true);
    if (ring.version === this.#sectionsVersion && ring === this.#sectionsRing) return;
    this.#sectionsVersion = ring.version;
    this.#sectionsRing = ring;
    this.#sections = ring.layout === null ? [] : sectionsOf(ring.layout);
  }

  #togglePause(): void {
    const hostWindow = this.#window;
    if (hostWindow === null) return;
    if (hostWindow.isPaused) hostWindow.goLive();
    else hostWindow.pause();
    this.#announcePause();
  }

  #zoom(event: CustomEvent<Window>): void {
    this.#window?.zoom(event.detail);
    this.#announcePause();
  }

  #goLive(): void {
    this.#window?.goLive();
    this.#announcePause();
  }

  #announcePause(): void {
    this.dispatchEvent(
      new CustomEvent('pw-pause', { detail: this.#window?.isPaused === true, bubbles: true, composed: true }),
    );
  }

  #goTo(event: CustomEvent<string>): void {
    this.renderRoot.querySelector(`section[id="${event.detail}"]`)?.scrollIntoView();
  }

  readonly #keyPressed = (event: KeyboardEvent): void => {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof Element && target.matches('input, select, button, a')) return;
    if (event.key === ' ') {
      event.preventDefault();
      this.#togglePause();
    } else if (event.key === 'j' || event.key === 'k') this.#step(event.key === 'j' ? 1 : -1);
  };

  #step(by: number): void {
    const sections = [...this.renderRoot.querySelectorAll('section')];
    const at = sections.findIndex(({ id }) => id === this.#currentSection);
    sections[Math.max(0, Math.min(sections.length - 1, at + by))]?.scrollIntoView();
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
}
