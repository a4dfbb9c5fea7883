/**
 * What can be done with a chart (menu button): its values as a table or file, larger, compared, watched by a rule, with
 * a note. It stands in the slot `menu` of `pw-chart`, which shows it under the pointer and with the focus.
 *
 * It tells `pw-note` to the page that has notes.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type ChartOverlays, type ChartSource, noOverlays } from '../../chart-source.ts';
import { createChartData } from '../../model/charts/chart-data.ts';
import { type CsvLink, compareRouteOf, csvLink, ruleRouteOf } from '../../model/charts/chart-links.ts';
import type { Chart } from '../../model/charts/charts.ts';
import { type CompareRoute, hrefOf } from '../../model/route.ts';
import { liveRange, type TimeRange } from '../../model/time-range.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { type IconName, icon } from '../icons.ts';
import '../pw-dialog.ts';
import './pw-chart-table.ts';

@customElement('pw-chart-menu')
export class PwChartMenu extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .open {
        display: grid;
        place-items: center;
        width: 24px;
        height: 24px;
        padding: 0;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--pw-text-2);
        cursor: pointer;
      }
      .open:hover,
      .open[aria-expanded='true'] {
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
      }
      @media (pointer: coarse) {
        .open {
          width: 44px;
          height: 30px;
        }
      }
      .menu {
        position: fixed;
        inset: auto;
        margin: 0;
        min-width: 200px;
        padding: 4px;
        border: 1px solid var(--pw-border-2);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-1);
        color: var(--pw-text-1);
        box-shadow: var(--pw-shadow-2);
      }
      .menu > * {
        display: flex;
        align-items: center;
        gap: 10px;
        width: 100%;
        min-height: var(--pw-h-control-lg);
        padding: 0 10px;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--pw-text-1);
        font-size: var(--pw-fs-2);
        text-align: left;
        white-space: nowrap;
        cursor: pointer;
      }
      .menu > :hover,
      .menu > :focus-visible {
        background: var(--pw-surface-3);
      }
      .menu > :focus-visible {
        outline-offset: -2px;
      }
      .menu svg {
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) chart!: Chart;
  @property({ attribute: false }) source!: ChartSource;
  @property({ attribute: false }) overlays: ChartOverlays = noOverlays;
  /** Host of lines that name none, '' for none. */
  @property() host = '';
  @property({ attribute: false }) range: TimeRange = liveRange;
  /** Whether whoever looks may make rules and notes. */
  @property({ attribute: false }) canEdit = false;
  /** Whether the page has notes: it is told that one is wanted. */
  @property({ attribute: false }) hasNotes = false;
  /** The comparison that its metric leads to; null: none, it is one. Without it, one that begins with the host. */
  @property({ attribute: false }) comparison?: CompareRoute | null;
  @state() private isOpen = false;
  @state() private shown: 'table' | 'large' | null = null;

  override render() {
    return html`<button
        class="open"
        aria-label="Menu of ${this.chart.title}"
        aria-haspopup="menu"
        aria-expanded=${this.isOpen ? 'true' : 'false'}
        popovertarget="menu"
        @keydown=${this.#buttonPressed}
      >
        ${icon('more', 14)}
      </button>
      <div
        id="menu"
        class="menu"
        role="menu"
        aria-label=${this.chart.title}
        popover="auto"
        @beforetoggle=${this.#toggling}
        @toggle=${this.#toggled}
        @keydown=${this.#menuPressed}
      >
        ${this.isOpen ? this.#renderItems() : nothing}
      </div>
      ${this.#renderDialog()}`;
  }

  #renderItems() {
    const { chart, host, range } = this;
    const { comparison = compareRouteOf(chart, host, range) } = this;
    const csv = this.#csv();
    const rest = csv.leftOutCount === 0 ? '' : ` without ${csv.leftOutCount} hosts`;
    return html`${this.#renderButton('rows', 'Show as table', () => this.#show('table'))}
      <a role="menuitem" tabindex="-1" href=${csv.href} download=${csv.file} @click=${this.#close}>
        ${icon('download', 14)}Download CSV${rest}
      </a>
      ${this.#renderButton('expand', 'Enlarge', () => this.#show('large'))}
      ${comparison === null ? nothing : this.#renderLink('lines', 'Compare this metric', hrefOf(comparison))}
      ${this.canEdit ? this.#renderLink('bell', 'Create alert rule', hrefOf(ruleRouteOf(chart, host))) : nothing}
      ${this.hasNotes && this.canEdit ? this.#renderButton('note', 'Add note', () => tell(this, 'pw-note', null)) : nothing}`;
  }

  #renderButton(name: IconName, title: string, act: () => void) {
    const press = () => {
      this.#close();
      act();
    };
    return html`<button role="menuitem" tabindex="-1" @click=${press}>${icon(name, 14)}${title}</button>`;
  }

  #renderLink(name: IconName, title: string, href: string) {
    return html`<a role="menuitem" tabindex="-1" href=${href} data-navigate @click=${this.#close}>${icon(name, 14)}${title}</a>`;
  }

  #renderDialog() {
    const { chart, source, overlays, host, shown } = this;
    if (shown === null) return nothing;
    const close = () => {
      this.shown = null;
    };
    if (shown === 'table')
      return html`<pw-dialog .heading=${chart.title} size="wide" @pw-close=${close}>
        <pw-chart-table .chart=${chart} .source=${source} .host=${host}></pw-chart-table>
      </pw-dialog>`;
    const height = Math.max(200, Math.round(window.innerHeight * 0.62));
    return html`<pw-dialog .heading=${chart.title} size="full" @pw-close=${close}>
      <pw-chart .chart=${chart} .source=${source} .overlays=${overlays} .height=${height}></pw-chart>
    </pw-dialog>`;
  }

  /** As the window stands when the menu is opened. */
  #csv(): CsvLink {
    const { chart, source, host } = this;
    const data = createChartData(chart);
    source.fill(data, chart);
    return csvLink(chart, { host, window: source.window, stepMs: data.stepMs });
  }

  #show(what: 'table' | 'large'): void {
    this.shown = what;
  }

  get #menu(): HTMLElement {
    return this.renderRoot.querySelector<HTMLElement>('.menu')!;
  }

  get #items(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  }

  readonly #close = (): void => {
    this.renderRoot.querySelector<HTMLElement>('.open')?.focus();
    this.#menu.hidePopover();
  };

  /** By the button, by a press beside it: the platform opens and closes it. */
  #toggling(event: ToggleEvent): void {
    this.isOpen = event.newState === 'open';
  }

  #toggled(event: ToggleEvent): void {
    if (event.newState !== 'open') return;
    const menu = this.#menu;
    const box = this.getBoundingClientRect();
    const left = Math.max(4, Math.min(box.right - menu.offsetWidth, window.innerWidth - menu.offsetWidth - 4));
    const isAbove = box.bottom + menu.offsetHeight + 8 > window.innerHeight && box.top > menu.offsetHeight + 8;
    menu.style.left = `${left}px`;
    menu.style.top = `${isAbove ? box.top - menu.offsetHeight - 4 : box.bottom + 4}px`;
    this.#items[0]?.focus();
  }

  #buttonPressed(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' || this.isOpen) return;
    event.preventDefault();
    this.#menu.showPopover();
  }

  #menuPressed(event: KeyboardEvent): void {
    const items = this.#items;
    const at = items.findIndex((item) => item.matches(':focus'));
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const next = moves[event.key];
    if (event.key === 'Tab' || event.key === 'Escape') this.#close();
    else if (next !== undefined) items[next]?.focus();
    else return;
    if (event.key !== 'Tab') event.preventDefault();
    event.stopPropagation();
  }
}
