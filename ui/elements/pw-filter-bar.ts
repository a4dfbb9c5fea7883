/** Search, tags, state and group of the overview. It keeps nothing: the route does. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { HostState } from '#core/message.ts';
import type { FleetCounts } from '../fleet.ts';
import { formatCount } from '../model/format.ts';
import type { OverviewRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import { icon } from './icons.ts';
import './pw-status.ts';

const stateButtons = [
  [null, 'All'],
  ['up', 'Up'],
  ['stale', 'Stale'],
  ['down', 'Down'],
  ['never', 'Never seen'],
] as const;

@customElement('pw-filter-bar')
export class PwFilterBar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding: 12px 0 8px;
      }
      .search {
        width: 264px;
      }
      .tag {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        height: var(--pw-h-control);
        padding: 0 8px;
        border: 0;
        border-radius: var(--pw-r-2);
        background: var(--pw-accent-bg);
        color: var(--pw-accent);
        font-size: var(--pw-fs-2);
        white-space: nowrap;
        cursor: pointer;
      }
      .select {
        max-width: 128px;
        text-overflow: ellipsis;
      }
      .add {
        width: 72px;
      }
      .grow {
        flex: 1;
      }
      .count {
        color: var(--pw-text-3);
      }
      [aria-pressed='true'] .count {
        color: var(--pw-text-2);
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      @media (max-width: 720px) {
        :host {
          flex-wrap: nowrap;
          overflow-x: auto;
          margin: 0 -12px;
          padding: 8px 12px 4px;
          scrollbar-width: none;
        }
        :host > * {
          flex: none;
        }
        .search {
          flex: 1 0 190px;
          width: auto;
        }
        .grow {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) route!: OverviewRoute;
  /** Of the hosts that pass search and tags. */
  @property({ attribute: false }) counts!: FleetCounts;
  /** Every `name=value` that may be chosen. */
  @property({ attribute: false }) tagChoices: readonly string[] = [];
  @property({ attribute: false }) tagNames: readonly string[] = [];
  /** The group in use, chosen or not. */
  @property() groupBy = '';

  override render() {
    const choices = this.tagChoices.filter((tag) => !this.route.tags.includes(tag));
    return html`<div class="search">
        ${icon('search', 14)}
        <input
          type="search"
          aria-label="Filter hosts by name, tag or fact"
          placeholder="Name or key=value"
          autocomplete="off"
          spellcheck="false"
          .value=${this.route.query}
          @input=${this.#search}
          @keydown=${this.#keyPressed}
        />
        <span class="kbd wide" aria-hidden="true">/</span>
      </div>
      ${this.route.tags.map(
        (tag) =>
          html`<button class="tag" aria-label="Remove ${tag}" @click=${() => this.#removeTag(tag)}>${tag} ${icon('close', 12)}</button>`,
      )}
      ${
        choices.length === 0
          ? nothing
          : html`<select class="select add" aria-label="Add a tag" @change=${this.#addTag}>
        <option value="">Tag</option>
        ${choices.map((tag) => html`<option value=${tag}>${tag}</option>`)}
      </select>`
      }
      <div class="seg" role="group" aria-label="State">
        ${stateButtons
          .filter(([state]) => state !== 'never' || this.counts.never > 0)
          .map(
            ([state, word]) => html`<button
              aria-pressed=${this.route.state === state ? 'true' : 'false'}
              @click=${() => this.#change({ state })}
            >
              ${state === null ? nothing : html`<pw-status .state=${state as HostState} bare aria-hidden="true"></pw-status>`}${word}
              <span class="count">${formatCount(state === null ? this.counts.all : this.counts[state])}</span>
            </button>`,
          )}
      </div>
      <span class="grow"></span>
      ${
        this.tagNames.length === 0
          ? nothing
          : html`<label
        >Group
        <select class="select" .value=${this.groupBy} @change=${this.#group}>
          <option value="" ?selected=${this.groupBy === ''}>none</option>
          ${this.tagNames.map((name) => html`<option value=${name} ?selected=${this.groupBy === name}>${name}</option>`)}
        </select></label
      >`
      }`;
  }

  /** For the key "/". */
  focusSearch(): void {
    const input = this.renderRoot.querySelector('input');
    input?.focus();
    input?.select();
  }

  #search(event: Event): void {
    this.#change({ query: (event.target as HTMLInputElement).value });
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    const input = event.target as HTMLInputElement;
    if (input.value === '') input.blur();
    else this.#change({ query: '' });
  }

  #addTag(event: Event): void {
    const select = event.target as HTMLSelectElement;
    this.#change({ tags: [...this.route.tags, select.value] });
    select.value = '';
  }

  #removeTag(tag: string): void {
    this.#change({ tags: this.route.tags.filter((other) => other !== tag) });
  }

  #group(event: Event): void {
    this.#change({ groupBy: (event.target as HTMLSelectElement).value });
  }

  #change(change: Partial<OverviewRoute>): void {
    const detail: OverviewRoute = { ...this.route, ...change };
    this.dispatchEvent(new CustomEvent('pw-filter', { detail, bubbles: true, composed: true }));
  }
}
