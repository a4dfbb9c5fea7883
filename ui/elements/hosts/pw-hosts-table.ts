/**
 * All hosts in a table that makes rows of the part on the screen only, so that thousands scroll. Rows can be chosen, to
 * do something to several at once; what is done to one is told by `pw-edit` and `pw-remove-host`, the choice by `pw-choose`.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { HostDetails } from '../../api/hosts.ts';
import { Following } from '../../controllers/following.ts';
import { Viewport } from '../../controllers/viewport.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatAgo, formatMoment, formatValue, noValue } from '../../model/format.ts';
import { type ShownTag, shownTags } from '../../model/hosts/tag-sides.ts';
import { hostRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import { styled } from '../placed.ts';
import { tableStyles } from '../table-styles.ts';
import '../pw-status.ts';
import { hostsTableStyles } from './hosts-table-styles.ts';

const headPx = 32;
/** Rows above and below the screen, so that scrolling shows none that is missing. */
const spareRows = 12;
const tagsShown = 4;

@customElement('pw-hosts-table')
export class PwHostsTable extends LitElement {
  static override readonly styles = [sharedStyles, tableStyles, hostsTableStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Those that are shown, in their order. */
  @property({ attribute: false }) hosts: readonly FleetHost[] = [];
  /** What REST knows of them, by name; null before it has told. */
  @property({ attribute: false }) details: ReadonlyMap<string, HostDetails> | null = null;
  /** Names of those that are chosen; they may be hidden by the search. */
  @property({ attribute: false }) chosen: ReadonlySet<string> = new Set();
  readonly #viewport = new Viewport(this, () => this.requestUpdate());
  #rowPx = 32;
  /** The row where a choice began: with Shift it goes from there to the next. */
  #from = '';
  /** Name of the host whose row the keyboard is on: the only one that Tab stops at. */
  @state() private current = '';

  constructor() {
    super();
    // Ages of what is in sight.
    new Following(this, () => [this.dashboard.ticked]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#rowPx = Number.parseFloat(getComputedStyle(this).getPropertyValue('--row')) || this.#rowPx;
  }

  override render() {
    const { hosts, chosen } = this;
    const [first, last] = this.#inSight();
    const inSight = hosts.slice(first, last);
    const reachable =
      inSight.find(({ name }) => name === this.current) ??
      inSight.find((_, index) => first + index >= this.#firstWhole());
    const shownChosen = hosts.filter(({ name }) => chosen.has(name)).length;
    const isAll = hosts.length > 0 && shownChosen === hosts.length;
    return html`<div class="panel">
      <div class="scroll">
        <table aria-rowcount=${hosts.length + 1}>
          <caption class="sr">Hosts</caption>
          <thead>
            <tr>
              <th class="choose">
                ${
                  this.dashboard.session.may('editor')
                    ? html`<input
                        type="checkbox"
                        aria-label="Choose all hosts that are shown"
                        .checked=${isAll}
                        .indeterminate=${shownChosen > 0 && !isAll}
                        @change=${() => this.#chooseAll(!isAll)}
                      />`
                    : nothing
                }
              </th>
              <th class="host">Host</th>
              <th class="alias">Alias</th>
              <th class="tags">Tags</th>
              <th class="state">State</th>
              <th class="agent">Agent</th>
              <th class="number every">Every</th>
              <th class="number seen">Last seen</th>
              <th class="acts"><span class="sr">Actions</span></th>
            </tr>
          </thead>
          <tbody @keydown=${this.#move} @focusin=${this.#follow}>
            ${this.#renderSpacer(first)}
            ${repeat(
              inSight,
              ({ name }) => name,
              (host, index) => this.#renderRow(host, { index: first + index, isReachable: host === reachable }),
            )}
            ${this.#renderSpacer(hosts.length - last)}
          </tbody>
        </table>
      </div>
    </div>`;
  }

  /** Indexes of the first row in sight and behind the last one. */
  #inSight(): readonly [number, number] {
    const { top, bottom } = this.#viewport;
    const count = this.hosts.length;
    const first = Math.floor((top - headPx) / this.#rowPx) - spareRows;
    const last = Math.ceil((bottom - headPx) / this.#rowPx) + spareRows;
    return [Math.max(0, Math.min(first, count)), Math.max(0, Math.min(last, count))];
  }

  /** Index of the first row that is not above the screen. */
  #firstWhole(): number {
    return Math.ceil((this.#viewport.top - headPx) / this.#rowPx);
  }

  #renderSpacer(rows: number) {
    return rows === 0
      ? nothing
      : html`<tr class="spacer" aria-hidden="true"><td colspan="9" ${styled({ height: `${rows * this.#rowPx}px` })}></td></tr>`;
  }

  #renderRow(host: FleetHost, { index, isReachable }: { readonly index: number; readonly isReachable: boolean }) {
    const { name, alias } = host;
    const details = this.details?.get(name) ?? null;
    const isChosen = this.chosen.has(name);
    const tab = isReachable ? 0 : -1;
    const { session } = this.dashboard;
    return html`<tr class=${isChosen ? 'chosen' : ''} aria-rowindex=${index + 2} data-name=${name}>
      <td class="choose">
        ${session.may('editor') ? html`<input type="checkbox" tabindex=${tab} data-control="choose" aria-label="Choose ${name}" .checked=${isChosen} @click=${(event: MouseEvent) => this.#choose(name, event)} />` : nothing}
      </td>
      <td class="host ell"><a href=${hrefOf({ ...hostRoute, host: name })} data-navigate tabindex=${tab} data-control="open" title=${name}>${name}</a></td>
      <td class="alias ell" title=${alias}>${alias === '' ? html`<span class="quiet">${noValue}</span>` : alias}</td>
      <td class="tags">${this.#renderTags(host, details)}</td>
      <td class="state"><pw-status .state=${host.status}></pw-status></td>
      <td class="agent ell" title=${details?.agentVersion ?? ''}>${details === null ? '' : details.kind === 'push' ? 'pushes' : details.agentVersion || noValue}</td>
      <td class="number every">${formatValue(host.intervalMs / 1_000, 's')}</td>
      <td class="number seen">${this.#renderSeen(host)}</td>
      <td class="acts">
        <span class="buttons">
          ${session.may('editor') ? html`<button class="btn small ghost icon" tabindex=${tab} data-control="edit" aria-label="Edit ${name}" title="Edit" @click=${() => tell(this, 'pw-edit', name)}>${icon('edit', 14)}</button>` : nothing}
          ${
            session.may('admin')
              ? html`<button class="btn small ghost icon" tabindex=${tab} data-control="remove" aria-label="Remove ${name}" title="Remove" @click=${() => tell(this, 'pw-remove-host', name)}>
            ${icon('trash', 14)}
          </button>`
              : nothing
          }
        </span>
      </td>
    </tr>`;
  }

  #renderTags(host: FleetHost, details: HostDetails | null) {
    const tags: readonly ShownTag[] = shownTags(details ?? { agentTags: host.tags, peopleTags: {} });
    if (tags.length === 0) return html`<span class="quiet">${noValue}</span>`;
    const left = tags.slice(tagsShown);
    return html`<span class="chips">
      ${tags
        .slice(0, tagsShown)
        .map(
          ({ name, value, from }) =>
            html`<span class="chip ell by-${from}" title="${name}=${value}, said by ${from === 'agent' ? 'its agent' : 'people'}">${name}=${value}</span>`,
        )}
      ${left.length === 0 ? nothing : html`<span class="quiet" title=${left.map(({ name, value }) => `${name}=${value}`).join('\n')}>+${left.length}</span>`}
    </span>`;
  }

  #renderSeen(host: FleetHost) {
    if (host.lastMs === 0) return html`<span class="quiet">never</span>`;
    const { hubMs } = this.dashboard;
    return html`<span title=${formatMoment(host.lastMs)}>${formatAgo(hubMs - host.ageMs(hubMs), hubMs)}</span>`;
  }

  readonly #follow = (event: FocusEvent): void => {
    this.current = rowOf(event)?.dataset['name'] ?? this.current;
  };

  /** Up and down go to the same control of another row, which may have to be made first. */
  readonly #move = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const [control] = event.composedPath();
    const name = rowOf(event)?.dataset['name'];
    if (by === undefined || name === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = this.hosts.findIndex((host) => host.name === name) + by;
    const next = this.hosts[to];
    if (next === undefined || !(control instanceof HTMLElement)) return;
    event.preventDefault();
    const top = headPx + to * this.#rowPx;
    this.#viewport.show(top, top + this.#rowPx);
    this.current = next.name;
    this.#focus(next.name, control.dataset['control'] ?? 'open').catch(reportError);
  };

  async #focus(name: string, control: string): Promise<void> {
    this.requestUpdate();
    await this.updateComplete;
    const row = [...this.renderRoot.querySelectorAll<HTMLElement>('tr[data-name]')].find(
      (each) => each.dataset['name'] === name,
    );
    row?.querySelector<HTMLElement>(`[data-control="${control}"]`)?.focus({ preventScroll: true });
  }

  #choose(name: string, event: MouseEvent): void {
    const isOn = (event.target as HTMLInputElement).checked;
    const names = this.hosts.map((host) => host.name);
    const from = names.indexOf(this.#from);
    const to = names.indexOf(name);
    const changed = event.shiftKey && from >= 0 ? names.slice(Math.min(from, to), Math.max(from, to) + 1) : [name];
    this.#from = name;
    this.#tellChosen(changed, isOn);
  }

  #chooseAll(isOn: boolean): void {
    this.#tellChosen(
      this.hosts.map(({ name }) => name),
      isOn,
    );
  }

  #tellChosen(names: readonly string[], isOn: boolean): void {
    const chosen = new Set(this.chosen);
    for (const name of names) {
      if (isOn) chosen.add(name);
      else chosen.delete(name);
    }
    tell(this, 'pw-choose', chosen);
  }
}

function rowOf(event: Event): HTMLElement | undefined {
  return event
    .composedPath()
    .find((target): target is HTMLElement => target instanceof HTMLElement && target.dataset['name'] !== undefined);
}
