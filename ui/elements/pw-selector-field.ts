/**
 * Which hosts: chips of names, globs and tags, those that are left out among them, and how many hosts that means now.
 * Tells the new selector by `pw-change`.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { anyHost, type HostSelector } from '#core/rule-spec.ts';
import type { SelectableHost } from '#core/selector.ts';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { formatCount } from '../model/format.ts';
import { chipsOf, matchingHosts, namesText, type SelectorChip, withChip, withoutChip } from '../model/host-choice.ts';
import { tagChoices } from '../model/overview/hosts-view.ts';
import { sharedStyles } from '../theme/shared.ts';
import { tell } from './events.ts';
import type { Choice } from './pw-combo.ts';
import './pw-combo.ts';
import './pw-tag.ts';

const namesShown = 5;

@customElement('pw-selector-field')
export class PwSelectorField extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .chips {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
        min-height: 28px;
      }
      pw-combo {
        flex: 1 1 150px;
        max-width: 240px;
      }
      .hint {
        margin-top: 4px;
      }
      .hint b {
        font-weight: var(--pw-w-medium);
        color: var(--pw-accent);
      }
      .hint b.none {
        color: var(--pw-warn);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) value: HostSelector = anyHost;
  /** Name for people who do not see it. */
  @property() label = 'Hosts';
  /** Says that hosts which come later are meant as well: of a rule, a downtime. */
  @property({ type: Boolean }) isLasting = false;
  @property({ type: Boolean }) disabled = false;
  @state() private isLeavingOut = false;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged]);
  }

  override render() {
    const chips = chipsOf(this.value);
    const adding = this.isLeavingOut ? 'Leave out' : 'Tag, host or web-*';
    return html`<div class="chips" role="group" aria-label=${this.label}>
        ${chips.length === 0 ? html`<pw-tag value="all hosts"></pw-tag>` : nothing}
        ${chips.map((chip) => this.#renderChip(chip))}
        ${
          this.disabled
            ? nothing
            : html`<pw-combo
                label="${this.label}: ${adding}"
                placeholder=${adding}
                .choices=${this.#choices()}
                .isFree=${true}
                .isAdding=${true}
                @pw-choose=${this.#add}
              ></pw-combo>
              <button
                class="btn small ghost"
                aria-pressed=${this.isLeavingOut ? 'true' : 'false'}
                title="What is added next is left out"
                @click=${this.#switchLeavingOut}
              >
                Except
              </button>`
        }
      </div>
      ${this.#renderCount()}`;
  }

  #renderChip(chip: SelectorChip) {
    const at = chip.text.indexOf('=');
    return html`${chip.isLeftOut ? html`<span class="hint">not</span>` : nothing}<pw-tag
        key=${at > 0 ? chip.text.slice(0, at) : ''}
        value=${at > 0 ? chip.text.slice(at + 1) : chip.text}
        ?on=${!chip.isLeftOut}
        ?removable=${!this.disabled}
        @pw-remove=${(event: Event) => {
          event.stopPropagation();
          tell(this, 'pw-change', withoutChip(this.value, chip));
        }}
      ></pw-tag>`;
  }

  #renderCount() {
    const hosts = matchingHosts<SelectableHost>(this.dashboard.fleet.hosts, this.value);
    const what = hosts.length === 1 ? '1 host matches' : `${formatCount(hosts.length)} hosts match`;
    return html`<p class="hint">
      <b class=${hosts.length === 0 ? 'none' : ''}>${hosts.length === 0 ? 'No host matches' : what}</b> now${
        hosts.length === 0 ? '.' : `: ${namesText(hosts, namesShown)}.`
      }
      ${this.isLasting ? 'Hosts that come later are included.' : nothing}
    </p>`;
  }

  #choices(): readonly Choice[] {
    const { hosts } = this.dashboard.fleet;
    return [
      ...tagChoices(hosts).map((value) => ({ value, hint: 'tag' })),
      ...hosts.map(({ name, alias }) => ({ value: name, hint: alias === '' ? 'host' : alias })),
    ];
  }

  #add(event: CustomEvent<string>): void {
    event.stopPropagation();
    tell(this, 'pw-change', withChip(this.value, { text: event.detail, isLeftOut: this.isLeavingOut }));
    this.isLeavingOut = false;
  }

  #switchLeavingOut(): void {
    this.isLeavingOut = !this.isLeavingOut;
  }
}
