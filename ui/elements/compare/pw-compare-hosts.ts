/** Which hosts are compared: a chip for each name and tag, which may be taken away, and a field that adds one more. The slot is the end of the row. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { FleetHost } from '../../live/fleet.ts';
import { type Chosen, tagsOf } from '../../model/compare/chosen.ts';
import type { LineLook } from '../../model/compare/colors.ts';
import { formatCount } from '../../model/format.ts';
import type { CompareRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { replaceRoute } from '../events.ts';
import { icon } from '../icons.ts';
import '../pw-combo.ts';
import type { Choice, PwCombo } from '../pw-combo.ts';
import { swatch, swatchStyles } from './swatch.ts';

@customElement('pw-compare-hosts')
export class PwCompareHosts extends LitElement {
  static override readonly styles = [
    sharedStyles,
    ...swatchStyles,
    css`
      :host,
      ul {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
        min-width: 0;
        max-width: 100%;
      }
      li {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
        max-width: 100%;
        height: var(--pw-h-control);
        padding-left: 10px;
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-3);
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
      }
      li.tag {
        background: var(--pw-accent-bg);
        color: var(--pw-accent);
      }
      li.unknown {
        border: 1px dashed var(--pw-border-control);
        background: none;
        color: var(--pw-text-2);
      }
      li.dimmed .name {
        color: var(--pw-text-2);
      }
      .count {
        font-weight: var(--pw-w-regular);
      }
      li button {
        display: grid;
        place-items: center;
        width: max(24px, var(--pw-h-control));
        height: var(--pw-h-control);
        margin-left: -6px;
        padding: 0;
        border: 0;
        border-radius: var(--pw-r-2);
        background: none;
        color: inherit;
        cursor: pointer;
      }
      li button:hover {
        background: var(--pw-surface-2);
      }
      pw-combo {
        width: 200px;
      }
      .end {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        margin-left: auto;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      .select {
        max-width: 200px;
        color: var(--pw-text-1);
        text-overflow: ellipsis;
      }
      @media (max-width: 720px) {
        pw-combo {
          flex: 1 1 160px;
        }
      }
    `,
  ];

  @property({ attribute: false }) route!: CompareRoute;
  @property({ attribute: false }) fleet: readonly FleetHost[] = [];
  @property({ attribute: false }) chosen!: Chosen<FleetHost>;
  /** How the line of a host is drawn, by name; those that have several or none are missing. */
  @property({ attribute: false }) looks: ReadonlyMap<string, LineLook> = new Map();

  override render() {
    const { route, chosen } = this;
    return html`<ul aria-label="Compared hosts and tags" ?hidden=${route.hosts.length + route.tags.length === 0}>
        ${repeat(
          route.hosts,
          (name) => name,
          (name) => this.#renderHost(name),
        )}
        ${route.tags.map(
          (tag, at) => html`<li class="tag">
            ${icon('tag', 14)}<span class="ell">${tag}</span>
            <span class="count">${hostsText(chosen.tagCounts[at] ?? 0)}</span>
            ${this.#renderRemove(tag, () => this.#change({ tags: route.tags.filter((other) => other !== tag) }))}
          </li>`,
        )}
      </ul>
      <pw-combo
        label="Add a host or tag"
        placeholder="Add host or tag"
        isAdding
        .choices=${this.#choicesFor}
        @pw-choose=${this.#add}
      ></pw-combo>
      <span class="end">${route.layout === 'difference' ? this.#renderAgainst() : nothing}<slot></slot></span>`;
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwCombo>('pw-combo')?.focus();
  }

  #renderHost(name: string) {
    const { route } = this;
    const isUnknown = this.chosen.unknown.includes(name);
    const host = this.fleet.find((one) => one.name === name);
    const look = this.looks.get(name);
    const isDimmed = route.focus !== '' && route.focus !== name;
    return html`<li class=${isUnknown ? 'unknown' : isDimmed ? 'dimmed' : nothing} title=${name}>
      ${look === undefined ? nothing : swatch(look)}<span class="name ell">${host?.title ?? name}</span>
      ${isUnknown ? html`<span class="count">not found</span>` : nothing}
      ${this.#renderRemove(host?.title ?? name, () => this.#remove(name))}
    </li>`;
  }

  #renderAgainst() {
    const { route, chosen } = this;
    const first = chosen.hosts[0]?.title ?? 'the first host';
    return html`<label>
      Difference to
      <select class="select" .value=${route.against} @change=${this.#chooseAgainst}>
        <option value="mean" ?selected=${route.against === 'mean'}>the mean of all</option>
        <option value="first" ?selected=${route.against === 'first'}>${first}</option>
      </select>
    </label>`;
  }

  #renderRemove(name: string, remove: () => void) {
    return html`<button aria-label="Remove ${name}" @click=${remove}>${icon('close', 12)}</button>`;
  }

  /** Tags first, since one stands for many hosts; what is there already is left out. */
  readonly #choicesFor = (text: string): readonly Choice[] => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const isFound = (where: string) => words.every((word) => where.toLowerCase().includes(word));
    const tags = tagsOf(this.fleet)
      .filter(({ tag }) => !this.route.tags.includes(tag) && isFound(tag))
      .map(({ tag, count }) => ({ value: `tag ${tag}`, label: tag, hint: hostsText(count) }));
    const hosts = this.fleet
      .filter(({ name, title }) => !this.route.hosts.includes(name) && isFound(`${name} ${title}`))
      .map(({ name, title }) => ({ value: `host ${name}`, label: title, hint: title === name ? 'host' : name }));
    // Names are typed, tags are looked for: without a word the tags lead, with one whatever begins with it.
    const begins = (choice: Choice) => choice.label?.toLowerCase().startsWith(words[0] ?? '') === true;
    const all = [...tags, ...hosts];
    return words.length === 0 ? all : [...all.filter(begins), ...all.filter((choice) => !begins(choice))];
  };

  #add(event: CustomEvent<string>): void {
    const at = event.detail.indexOf(' ');
    const added = event.detail.slice(at + 1);
    const { hosts, tags } = this.route;
    if (event.detail.startsWith('tag ')) this.#change({ tags: [...tags, added] });
    else this.#change({ hosts: [...hosts, added] });
  }

  #chooseAgainst(event: Event): void {
    this.#change({ against: (event.target as HTMLSelectElement).value === 'first' ? 'first' : 'mean' });
  }

  #remove(name: string): void {
    const focus = this.route.focus === name ? '' : this.route.focus;
    this.#change({ hosts: this.route.hosts.filter((other) => other !== name), focus });
  }

  #change(change: Partial<CompareRoute>): void {
    replaceRoute(this, { ...this.route, ...change });
  }
}

function hostsText(count: number): string {
  return count === 1 ? '1 host' : `${formatCount(count)} hosts`;
}
