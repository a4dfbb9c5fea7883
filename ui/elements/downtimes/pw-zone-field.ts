/** A time zone, chosen by its name, its city or its offset from UTC. Tells the IANA name by `pw-zone`. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { browserZone, findZones, offsetTextOf } from '../../model/downtimes/zone-text.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import type { Choice } from '../pw-combo.ts';
import '../pw-combo.ts';

@customElement('pw-zone-field')
export class PwZoneField extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        min-width: 0;
      }
    `,
  ];

  /** Name for people who do not see it. */
  @property() label = 'Time zone';
  @property() zone = 'UTC';
  /** Offsets are those of this moment. */
  @property({ type: Number }) atMs = 0;
  @property({ type: Boolean }) disabled = false;

  override render() {
    return html`<pw-combo
      label=${this.label}
      .value=${this.#shownText()}
      .choices=${this.#choices}
      ?disabled=${this.disabled}
      @pw-choose=${this.#choose}
      @focusin=${this.#select}
      @click=${this.#select}
      @focusout=${this.#left}
    ></pw-combo>`;
  }

  /** With its offset, which is what one compares. */
  #shownText(): string {
    return this.zone === 'UTC' ? 'UTC' : `${this.zone}, ${offsetTextOf(this.zone, this.atMs)}`;
  }

  /** As it was opened it shows all of them. */
  readonly #choices = (text: string): readonly Choice[] => {
    const local = browserZone();
    return findZones(text === this.#shownText() ? '' : text, this.atMs).map(({ zone, offset }) => ({
      value: zone,
      hint: zone === local && zone !== 'UTC' ? `${offset}, this browser` : offset,
    }));
  };

  #choose(event: CustomEvent<string>): void {
    event.stopPropagation();
    const combo = event.currentTarget as HTMLElement & { value: string };
    this.zone = event.detail;
    combo.value = this.#shownText();
    tell(this, 'pw-zone', event.detail);
  }

  /** Whoever begins to type looks for another zone, and need not clear the field first. */
  #select(event: Event): void {
    const [input] = event.composedPath();
    if (input instanceof HTMLInputElement && input.value === this.#shownText()) input.select();
  }

  /** What was typed and not chosen is no zone: the field shows again what counts. */
  #left(event: FocusEvent): void {
    (event.currentTarget as HTMLElement & { value: string }).value = this.#shownText();
  }
}
