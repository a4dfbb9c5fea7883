/** The jump field (Ctrl K): type a few letters, Enter goes there. What it finds is `model/jump.ts`. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Dashboard } from '../../dashboard.ts';
import { readMetricNames, spread } from '../../live/metric-names.ts';
import { chooseHosts } from '../../model/compare/chosen.ts';
import { comparisonOf, findTargets, type JumpTarget, type MetricName } from '../../model/jump.ts';
import { type CompareRoute, hrefOf, type Route } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { openRoute, tell } from '../events.ts';
import { icon } from '../icons.ts';

@customElement('pw-command')
export class PwCommand extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      dialog {
        width: 560px;
        max-width: calc(100vw - 24px);
        max-height: 70dvh;
        margin-top: 12vh;
        padding: 0;
        border: 1px solid var(--pw-border-2);
        border-radius: var(--pw-r-4);
        background: var(--pw-surface-1);
        color: var(--pw-text-1);
        box-shadow: var(--pw-shadow-2);
        overflow: hidden;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: var(--pw-backdrop);
      }
      .field {
        flex-direction: row;
        align-items: center;
        gap: 10px;
        padding: 0 16px;
        border-bottom: 1px solid var(--pw-border-1);
        color: var(--pw-text-3);
      }
      input {
        flex: 1;
        min-width: 0;
        height: 48px;
        padding: 0;
        border: 0;
        background: none;
        color: var(--pw-text-1);
        font-size: var(--pw-fs-4);
      }
      /* The only field of the dialog: its line says that it has the focus. */
      input:focus-visible {
        outline: none;
      }
      .field:focus-within {
        border-bottom-color: var(--pw-focus);
      }
      input::placeholder {
        color: var(--pw-text-3);
        opacity: 1;
      }
      .list {
        overflow-y: auto;
        padding-bottom: 8px;
      }
      .group {
        padding: 10px 16px 4px;
        font-size: var(--pw-fs-1);
        color: var(--pw-text-3);
      }
      .target {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: max(36px, var(--pw-h-control));
        padding: 4px 16px;
        color: var(--pw-text-1);
        cursor: pointer;
      }
      .target[aria-selected='true'] {
        background: var(--pw-accent-bg);
      }
      @media (forced-colors: active) {
        .target[aria-selected='true'] {
          outline: 2px solid Highlight;
          outline-offset: -2px;
        }
      }
      .target span:first-child {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .note {
        margin-left: auto;
        flex: none;
        max-width: 50%;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-2);
      }
      .none {
        padding: 20px 16px;
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** The page that is open: metrics of its host are found as well, and those of any host where none is open. */
  @property({ attribute: false }) route!: Route;
  @state() private text = '';
  @state() private at = 0;
  /** null before the hub has told them. */
  @state() private names: readonly MetricName[] | null = null;
  #comparison: CompareRoute | null = null;
  readonly #asking = new AbortController();

  override render() {
    const targets = this.#find();
    const chosen = targets[this.at];
    return html`<dialog aria-label="Jump to" @close=${() => tell(this, 'pw-close', null)} @click=${this.#clicked}>
      <div class="field">
        ${icon('search', 16)}
        <input
          role="combobox"
          aria-label="Jump to a host, alert, metric or page"
          aria-expanded="true"
          aria-controls="targets"
          aria-activedescendant=${chosen === undefined ? nothing : `target-${this.at}`}
          placeholder="Host, alert, metric or page"
          autocomplete="off"
          spellcheck="false"
          @input=${this.#typed}
          @keydown=${this.#keyPressed}
        />
        <span class="kbd" aria-hidden="true">Esc</span>
      </div>
      <div class="list" id="targets" role="listbox" aria-label="Found">
        ${targets.map((target, index) => this.#renderTarget(target, index, targets[index - 1]))}
        ${targets.length === 0 && !this.#isAsking ? html`<div class="none" role="presentation">Nothing is called \u201c${this.text}\u201d</div>` : nothing}
      </div>
    </dialog>`;
  }

  #renderTarget({ group, title, note }: JumpTarget, index: number, before: JumpTarget | undefined) {
    return html`${before?.group === group ? nothing : html`<div class="group" role="presentation">${group}</div>`}
      <div
        class="target"
        id="target-${index}"
        role="option"
        aria-selected=${index === this.at ? 'true' : 'false'}
        @click=${() => this.#go(index)}
        @pointermove=${() => {
          this.at = index;
        }}
      >
        <span>${title}</span>${note === '' ? nothing : html`<span class="note ell">${note}</span>`}
      </div>`;
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
    this.renderRoot.querySelector('input')?.focus();
  }

  override updated(): void {
    this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
  }

  get #isAsking(): boolean {
    return this.#comparison !== null && this.names === null;
  }

  /** Of hosts that the comparison then has, so that one of them has the metric. */
  async #ask(comparison: CompareRoute): Promise<void> {
    const hosts = chooseHosts(comparison, this.dashboard.fleet.hosts).hosts.map(({ name }) => name);
    const asked = await readMetricNames(this.dashboard.client, hosts, { signal: this.#asking.signal });
    // Without an answer hosts, alerts and pages are found all the same.
    if (!this.#asking.signal.aborted) this.names = asked.kind === 'ok' ? asked.value : [];
  }

  #find(): readonly JumpTarget[] {
    const { dashboard, route } = this;
    return findTargets(this.text, {
      role: this.dashboard.session.view.role,
      hosts: dashboard.fleet.hosts,
      alerts: dashboard.alerts.rows(),
      hostNameOf: (hostId) => dashboard.fleet.byId(hostId)?.name ?? '',
      open: route.page === 'host' ? { host: route.host, keys: dashboard.keysOf(route.host) } : null,
      compared:
        this.#comparison === null || this.names === null ? null : { route: this.#comparison, names: this.names },
    });
  }

  #typed(event: Event): void {
    this.text = (event.target as HTMLInputElement).value;
    this.at = 0;
    const { hosts } = this.dashboard.fleet;
    if (this.route.page === 'host' || this.#comparison !== null || hosts.length === 0) return;
    this.#comparison = comparisonOf(this.route, spread(hosts.map(({ name }) => name)));
    this.dashboard.background(this.#ask(this.#comparison));
  }

  #keyPressed(event: KeyboardEvent): void {
    const count = this.#find().length;
    if (event.key === 'ArrowDown') this.at = Math.min(count - 1, this.at + 1);
    else if (event.key === 'ArrowUp') this.at = Math.max(0, this.at - 1);
    else if (event.key === 'Enter') this.#go(this.at, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  }

  #go(index: number, isNewTab = false): void {
    const target = this.#find()[index];
    if (target === undefined) return;
    if (isNewTab) window.open(hrefOf(target.route), '_blank', 'noopener');
    else openRoute(this, target.route);
    this.renderRoot.querySelector('dialog')?.close();
  }

  /** A click beside the dialog. */
  #clicked(event: MouseEvent): void {
    if (event.target instanceof HTMLDialogElement) event.target.close();
  }
}
