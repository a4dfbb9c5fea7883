/** Search, tags, status, group, order and density of the overview. It keeps nothing: the route does. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { FleetCounts } from '../../live/fleet.ts';
import { formatCount } from '../../model/format.ts';
import {
  type Density,
  type FleetMetric,
  fleetMetrics,
  type HostSort,
  type HostStatus,
  hostSorts,
  type OverviewRoute,
} from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { replaceRoute } from '../events.ts';
import { type IconName, icon } from '../icons.ts';
import { statusWords } from '../pw-status.ts';

/** Those that are shown when no host has them, too. */
const usualStatuses: readonly HostStatus[] = ['up', 'stale', 'down'];
const statuses: readonly HostStatus[] = [...usualStatuses, 'downtime', 'never'];
const metricWords: Readonly<Record<FleetMetric, string>> = {
  cpu: 'CPU',
  memory: 'memory',
  network: 'network',
  disk: 'disk IO',
};
const sortWords: Readonly<Record<HostSort, string>> = { attention: 'attention', name: 'name', ...metricWords };
const densityButtons: readonly (readonly [Density, string, IconName])[] = [
  ['cards', 'Cards', 'cards'],
  ['table', 'Table', 'rows'],
  ['tiles', 'Tiles', 'tiles'],
];

const hiddenWord = css`
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
`;

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
      label .select {
        max-width: 118px;
      }
      .btn[aria-pressed='true'] {
        font-weight: var(--pw-w-medium);
      }
      /* Words go where they would push the bar into a second row. */
      @media (max-width: 1100px) {
        .search {
          width: 180px;
        }
      }
      @media (max-width: 1279px) {
        .scale span {
          ${hiddenWord}
        }
      }
      @media (max-width: 1399px) {
        .density span {
          ${hiddenWord}
        }
      }
      @media (max-width: 1599px) {
        .density.crowded span {
          ${hiddenWord}
        }
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
  /** The density in use, chosen or not. */
  @property() density: Density = 'cards';

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
      <div class="seg" role="group" aria-label="Status">
        <button aria-pressed=${this.route.statuses.length === 0 ? 'true' : 'false'} @click=${() => this.#change({ statuses: [] })}>
          All <span class="count">${formatCount(this.counts.all)}</span>
        </button>
        ${statuses.filter((word) => this.#isOffered(word)).map((word) => this.#renderStatus(word))}
      </div>
      <span class="grow"></span>
      ${
        this.density === 'tiles'
          ? this.#renderSelect('Colour by', this.route.metric, fleetMetrics, metricWords, (metric) =>
              this.#change({ metric }),
            )
          : html`<button
              class="btn scale"
              aria-pressed=${this.route.isAutoScaled ? 'true' : 'false'}
              title="Draw CPU and memory as high as they reach instead of 0 to 100 %"
              @click=${() => this.#change({ isAutoScaled: !this.route.isAutoScaled })}
            >
              ${icon('lines', 14)}<span>Auto scale</span>
            </button>`
      }
      ${this.tagNames.length === 0 ? nothing : this.#renderGroup()}
      ${this.#renderSelect('Sort', this.route.sort, hostSorts, sortWords, (sort) => this.#change({ sort }))}
      <div class="seg density ${this.density === 'tiles' || this.route.tags.length > 0 ? 'crowded' : ''}" role="group" aria-label="Density">
        ${densityButtons.map(
          ([density, word, name]) =>
            html`<button
              aria-pressed=${this.density === density ? 'true' : 'false'}
              title=${word}
              @click=${() => this.#change({ view: density })}
            >
              ${icon(name, 14)}<span>${word}</span>
            </button>`,
        )}
      </div>`;
  }

  #renderStatus(word: HostStatus) {
    return html`<button aria-pressed=${this.route.statuses.includes(word) ? 'true' : 'false'} @click=${() => this.#toggle(word)}>
      <pw-status .state=${word} bare aria-hidden="true"></pw-status>${statusWords[word]}
      <span class="count">${formatCount(this.counts[word])}</span>
    </button>`;
  }

  #renderGroup() {
    return html`<label
      >Group
      <select class="select" @change=${this.#group}>
        <option value="" ?selected=${this.groupBy === ''}>none</option>
        ${this.tagNames.map((name) => html`<option value=${name} ?selected=${this.groupBy === name}>${name}</option>`)}
      </select></label
    >`;
  }

  #renderSelect<Word extends string>(
    title: string,
    chosen: Word,
    words: readonly Word[],
    texts: Readonly<Record<Word, string>>,
    choose: (word: Word) => void,
  ) {
    return html`<label
      >${title}
      <select
        class="select"
        @change=${(event: Event) => choose(words[(event.target as HTMLSelectElement).selectedIndex]!)}
      >
        ${words.map((word) => html`<option value=${word} ?selected=${word === chosen}>${texts[word]}</option>`)}
      </select></label
    >`;
  }

  /** For the key "/". */
  focusSearch(): void {
    const input = this.renderRoot.querySelector('input');
    input?.focus();
    input?.select();
  }

  #isOffered(word: HostStatus): boolean {
    return usualStatuses.includes(word) || this.counts[word] > 0 || this.route.statuses.includes(word);
  }

  /** Several may be chosen. */
  #toggle(word: HostStatus): void {
    const { statuses: chosen } = this.route;
    this.#change({ statuses: chosen.includes(word) ? chosen.filter((other) => other !== word) : [...chosen, word] });
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
    replaceRoute(this, { ...this.route, ...change });
  }
}
