/** A list of words as chips, with a field that adds to it: metrics, labels, channels, tags. Tells the new list by `pw-change`. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import type { Choice } from '../pw-combo.ts';
import '../pw-combo.ts';
import '../pw-tag.ts';

@customElement('pw-chip-field')
export class PwChipField extends LitElement {
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
        flex: 1 1 130px;
        max-width: 280px;
      }
    `,
  ];

  @property({ attribute: false }) value: readonly string[] = [];
  @property({ attribute: false }) choices: readonly Choice[] = [];
  /** Name for people who do not see it. */
  @property() label = '';
  @property() placeholder = '';
  /** Stands there instead of chips while there are none. */
  @property() none = '';
  /** Words that are no suggestion may be added as well. */
  @property({ type: Boolean }) isFree = false;
  @property({ type: Boolean }) disabled = false;

  override render() {
    const { value, none } = this;
    return html`<div class="chips" role="group" aria-label=${this.label}>
      ${value.length === 0 && none !== '' ? html`<pw-tag value=${none}></pw-tag>` : nothing}
      ${value.map(
        (word) => html`<pw-tag
          on
          value=${word}
          ?removable=${!this.disabled}
          @pw-remove=${(event: Event) => this.#remove(event, word)}
        ></pw-tag>`,
      )}
      ${
        this.disabled
          ? nothing
          : html`<pw-combo
              label="${this.label}: ${this.placeholder}"
              placeholder=${this.placeholder}
              .choices=${this.choices.filter((choice) => !value.includes(choice.value))}
              .isFree=${this.isFree}
              .isAdding=${true}
              @pw-choose=${this.#add}
            ></pw-combo>`
      }
    </div>`;
  }

  #add(event: CustomEvent<string>): void {
    event.stopPropagation();
    const word = event.detail.trim();
    if (word !== '' && !this.value.includes(word)) tell(this, 'pw-change', [...this.value, word]);
  }

  #remove(event: Event, word: string): void {
    event.stopPropagation();
    tell(
      this,
      'pw-change',
      this.value.filter((other) => other !== word),
    );
  }
}
