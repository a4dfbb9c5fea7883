/** Head of the alerts page: its lists with their counts, search, severity, and what one begins here. It keeps nothing: the route does. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { type Severity, severities } from '#core/rule-spec.ts';
import { type AlertList, type AlertsRoute, alertsRoute, hrefOf, ruleRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { openRoute, replaceRoute, tell } from '../events.ts';
import { icon } from '../icons.ts';

/** A list as it can be chosen. */
export interface AlertTab {
  readonly list: AlertList;
  readonly title: string;
  /** '' while it is not known. */
  readonly count: string;
}

const worstFirst: readonly Severity[] = [...severities].reverse();

@customElement('pw-alert-bar')
export class PwAlertBar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding-bottom: 12px;
      }
      h1 {
        margin-right: 8px;
      }
      .seg {
        max-width: 100%;
        overflow-x: auto;
        scrollbar-width: none;
      }
      .count {
        color: var(--pw-text-3);
      }
      .search {
        flex: 0 1 240px;
        min-width: 160px;
      }
      .end {
        display: flex;
        gap: 8px;
        margin-left: auto;
      }
      @media (max-width: 720px) {
        .search {
          flex: 1 1 160px;
        }
        .end {
          margin-left: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) route: AlertsRoute = alertsRoute;
  @property({ attribute: false }) tabs: readonly AlertTab[] = [];
  /** Whether whoever looks may change something. */
  @property({ attribute: false }) canEdit = false;

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLElement>('.search input')?.focus();
  }

  override render() {
    const { list } = this.route;
    const isOfAlerts = list !== 'rules' && list !== 'channels';
    return html`<h1>Alerts</h1>
      <div class="seg" role="group" aria-label="List">
        ${this.tabs.map(
          (tab) =>
            html`<button aria-pressed=${list === tab.list ? 'true' : 'false'} @click=${() => this.#openList(tab.list)}>
              ${tab.title}${tab.count === '' ? nothing : html` <span class="count">${tab.count}</span>`}
            </button>`,
        )}
      </div>
      ${list === 'channels' ? nothing : this.#renderSearch()}
      ${list === 'open' || list === 'resolved' ? this.#renderSeverity() : nothing}
      <span class="end">
        ${
          isOfAlerts && this.canEdit
            ? html`<button class="btn" @click=${() => tell(this, 'pw-silence', null)}>${icon('mute', 14)}Silence\u2026</button>`
            : nothing
        }
        ${
          list === 'channels' || !this.canEdit
            ? nothing
            : html`<a class="btn primary" href=${hrefOf(ruleRoute)} data-navigate>${icon('plus', 14)}New rule</a>`
        }
      </span>`;
  }

  #renderSearch() {
    const { list, query } = this.route;
    const placeholder =
      list === 'rules' ? 'Rule or metric' : list === 'silences' ? 'Rule, host or reason' : 'Host, rule or key=value';
    return html`<span class="search">
      ${icon('search', 14)}
      <input
        type="search"
        aria-label="Search ${list}"
        placeholder=${placeholder}
        autocomplete="off"
        spellcheck="false"
        .value=${query}
        @input=${(event: InputEvent) => this.#change({ query: (event.target as HTMLInputElement).value })}
        @keydown=${this.#keyPressed}
      />
      <span class="kbd wide" aria-hidden="true">/</span>
    </span>`;
  }

  #renderSeverity() {
    const { severity } = this.route;
    return html`<select class="select" aria-label="Severity" @change=${this.#chooseSeverity}>
      <option value="" ?selected=${severity === null}>Severity any</option>
      ${worstFirst.map((word) => html`<option value=${word} ?selected=${severity === word}>Severity ${word}</option>`)}
    </select>`;
  }

  #change(part: Partial<AlertsRoute>): void {
    replaceRoute(this, { ...this.route, ...part });
  }

  #chooseSeverity(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    this.#change({ severity: severities.find((word) => word === value) ?? null });
  }

  #openList(list: AlertList): void {
    if (list !== this.route.list) openRoute(this, { ...alertsRoute, list });
  }

  /** Esc empties the field, and leaves it when it is empty. */
  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    if (this.route.query === '') (event.target as HTMLElement).blur();
    else this.#change({ query: '' });
  }
}
