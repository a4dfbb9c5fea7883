/**
 * Alerts in sections. Rows come, change and go each second: focus and scroll stay where they are, also when an alert
 * moves from one section to another.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Dashboard } from '../../dashboard.ts';
import type { AlertDesk } from '../../live/alert-desk.ts';
import type { AlertSparks } from '../../live/alert-sparks.ts';
import { type AlertItem, addressOf, isAddressed } from '../../model/alerts/alert-item.ts';
import type { AlertSection } from '../../model/alerts/alert-sections.ts';
import { type AlertsRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import type { PwAlertRow, RowPart } from './pw-alert-row.ts';
import './pw-alert-row.ts';

/** So many rows of a section are there at once; the others behind a button. */
const rowsStep = 200;

@customElement('pw-alert-list')
export class PwAlertList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        container-type: inline-size;
        overflow: hidden;
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-3);
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 32px;
        padding: 3px 12px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        background: var(--pw-surface-2);
        border-bottom: 1px solid var(--pw-border-1);
        white-space: nowrap;
      }
      section + section > header {
        border-top: 1px solid var(--pw-border-1);
        margin-top: -1px;
      }
      h2 {
        font-size: var(--pw-fs-2);
        line-height: var(--pw-lh-2);
        color: var(--pw-text-1);
      }
      header > .end {
        margin-left: auto;
      }
      section:last-child pw-alert-row:last-of-type {
        border-bottom: 0;
      }
      .more {
        display: flex;
        justify-content: center;
        padding: 8px;
      }
      @container (max-width: 640px) {
        header > span.end {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) desk!: AlertDesk;
  @property({ attribute: false }) sparks!: AlertSparks;
  @property({ attribute: false }) route!: AlertsRoute;
  @property({ attribute: false }) sections: readonly AlertSection[] = [];
  /** Keys of those that have begun to fire a moment ago. */
  @property({ attribute: false }) freshKeys: ReadonlySet<string> = new Set();
  /** Key of the row that Tab reaches. */
  @state() private current = '';
  @state() private rowsMax = rowsStep;
  #focus: { readonly key: string; readonly part: RowPart } | null = null;

  constructor() {
    super();
    this.addEventListener('focusin', (event) => {
      const row = rowOf(event);
      if (row !== null) this.current = row.item.key;
    });
  }

  /** The alert whose row has the focus; null when none has. */
  get focusedItem(): AlertItem | null {
    return this.#rows.find((row) => row.focusedPart !== null)?.item ?? null;
  }

  /** Focus to the next row (or the one before); to the reachable one when none has it. Gives its alert. */
  moveFocus(by: 1 | -1): AlertItem | null {
    const rows = this.#rows;
    const at = rows.findIndex((row) => row.focusedPart !== null);
    const selected = rows.findIndex(({ selected: isSelected }) => isSelected);
    const from = at >= 0 ? at : selected;
    const row = from < 0 ? rows[by === 1 ? 0 : rows.length - 1] : rows[from + by];
    if (row === undefined) return null;
    row.focusPart('title');
    row.scrollIntoView({ block: 'nearest' });
    return row.item;
  }

  /** Focus back to the row of an alert, as when its detail is closed. */
  focusItem(address: string): void {
    this.#rows.find(({ item }) => isAddressed(item, address))?.focusPart('title');
  }

  override render() {
    const { route, sections } = this;
    const items = sections.flatMap(({ items: own }) => own.slice(0, this.rowsMax));
    const reachable =
      items.find(({ key }) => key === this.current) ?? items.find((item) => isAddressed(item, route.id)) ?? items[0];
    return html`${repeat(
      sections,
      ({ id }) => id,
      (section) => html`<section aria-labelledby=${section.id}>
        <header>
          <h2 id=${section.id}>${section.title}</h2>
          <span class="ell">${section.note}</span>
          ${
            section.id === 'over' && route.list === 'open'
              ? html`<a class="end" href=${hrefOf({ ...route, list: 'resolved', id: '' })} data-navigate>Show all</a>`
              : html`<span class="end">${section.end}</span>`
          }
          ${this.#renderAll(section)}
        </header>
        <div role="list" aria-labelledby=${section.id}>
          ${repeat(
            section.items.slice(0, this.rowsMax),
            ({ key }) => key,
            (item) => this.#renderRow(item, item === reachable),
          )}
        </div>
        ${this.#renderMore(section)}
      </section>`,
    )}`;
  }

  /** In a storm nobody acknowledges one by one; what the search leaves is meant. */
  #renderAll({ id, items }: AlertSection) {
    const open = items.filter((item) => !item.isAcknowledged && item.silence === null);
    if (id !== 'firing' || open.length < 2 || !this.dashboard.session.may('editor')) return nothing;
    return html`<button class="btn small" @click=${() => tell(this, 'pw-acknowledge-all', open)}>Acknowledge all ${open.length}</button>`;
  }

  #renderRow(item: AlertItem, isReachable: boolean) {
    return html`<pw-alert-row
      role="listitem"
      .dashboard=${this.dashboard}
      .sparks=${this.sparks}
      .item=${item}
      .rule=${this.desk.rules?.get(item.ruleId) ?? null}
      .address=${hrefOf({ ...this.route, id: addressOf(item) })}
      .selected=${isAddressed(item, this.route.id)}
      .reachable=${isReachable}
      .fresh=${this.freshKeys.has(item.key)}
    ></pw-alert-row>`;
  }

  #renderMore({ items }: AlertSection) {
    const left = items.length - this.rowsMax;
    if (left <= 0) return nothing;
    return html`<div class="more">
      <button class="btn small" @click=${this.#showMore}>Show ${Math.min(left, rowsStep)} more of ${items.length}</button>
    </div>`;
  }

  override willUpdate(): void {
    const row = this.#rows.find(({ focusedPart }) => focusedPart !== null);
    this.#focus = row === undefined ? null : { key: row.item.key, part: row.focusedPart! };
  }

  /** A row that was made anew in another section, or moved, has lost the focus; of one that has gone the next one gets it. */
  override updated(): void {
    const before = this.#focus;
    if (before === null) return;
    this.#focus = null;
    // Buttons of the row itself come and go with its own update.
    void this.#rowsUpdated().then(() => {
      if (this.#rows.some(({ focusedPart }) => focusedPart !== null) || !hasLostFocus()) return;
      const row = this.#rows.find(({ item }) => item.key === before.key);
      if (row !== undefined) row.focusPart(before.part);
      else this.#rows.find(({ reachable }) => reachable)?.focusPart('title');
    });
  }

  async #rowsUpdated(): Promise<void> {
    await Promise.all(this.#rows.map(({ updateComplete }) => updateComplete));
  }

  #showMore(): void {
    this.rowsMax += rowsStep;
    tell(this, 'pw-more', null);
  }

  get #rows(): readonly PwAlertRow[] {
    return [...this.renderRoot.querySelectorAll<PwAlertRow>('pw-alert-row')];
  }
}

function rowOf(event: Event): PwAlertRow | null {
  const found = event
    .composedPath()
    .find((target): target is PwAlertRow => target instanceof Element && target.localName === 'pw-alert-row');
  return found ?? null;
}

/** Nobody has taken it meanwhile: the browser gives it to the page when its element goes. */
function hasLostFocus(): boolean {
  const active = document.activeElement;
  return active === null || active === document.body || deepest(active).localName.startsWith('pw-');
}

function deepest(element: Element): Element {
  let active = element;
  while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}
