/**
 * The handle of a limit's line: a slider that is dragged up and down, or moved by keys: arrows one step, Page keys five,
 * Home and End to the ends of the scale. It moves nothing itself: it tells `pw-move`.
 */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { roundTo } from '../../model/rules/quieter-options.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';

export interface HandleMove {
  /** null: it was let go where it is. */
  readonly value: number | null;
  readonly isDragging: boolean;
}

@customElement('pw-threshold')
export class PwThreshold extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: block;
      }
      div {
        display: flex;
        align-items: center;
        gap: 3px;
        height: 22px;
        padding: 0 7px 0 4px;
        border-radius: 4px;
        background: var(--pw-warn);
        color: var(--pw-on-status);
        font-size: var(--pw-fs-1);
        font-weight: var(--pw-w-strong);
        white-space: nowrap;
        cursor: ns-resize;
        touch-action: none;
        user-select: none;
      }
      :host([role-name='clear']) div {
        background: var(--pw-surface-1);
        color: var(--pw-up);
        box-shadow: inset 0 0 0 1px var(--pw-up);
      }
      :host([disabled]) div {
        cursor: default;
      }
      @media (forced-colors: active) {
        div {
          border: 1px solid;
        }
      }
      @media (pointer: coarse) {
        /* What a finger meets is larger than what is seen. */
        div::after {
          content: '';
          position: absolute;
          inset: -11px -6px;
        }
      }
    `,
  ];

  @property({ attribute: 'role-name', reflect: true }) roleName: 'fire' | 'clear' = 'fire';
  @property() label = '';
  /** What stands on it. */
  @property() text = '';
  /** What is read out: "fires above 85 % for 2 m". */
  @property() spoken = '';
  @property({ type: Number }) value = 0;
  @property({ type: Number }) low = 0;
  @property({ type: Number }) high = 100;
  @property({ type: Number }) step = 1;
  @property({ type: Boolean, reflect: true }) disabled = false;
  /** Value at a height of the screen. */
  @property({ attribute: false }) valueAt: (clientY: number) => number | null = () => null;
  /** From the pointer to the middle of the handle, so that it does not jump when it is taken. */
  #grabbed: number | null = null;

  override render() {
    return html`<div
      role="slider"
      tabindex=${this.disabled ? -1 : 0}
      aria-orientation="vertical"
      aria-label=${this.label}
      aria-disabled=${this.disabled ? 'true' : 'false'}
      aria-valuemin=${this.low}
      aria-valuemax=${this.high}
      aria-valuenow=${this.value}
      aria-valuetext=${this.spoken}
      @pointerdown=${this.#taken}
      @pointermove=${this.#moved}
      @pointerup=${this.#left}
      @pointercancel=${this.#left}
      @keydown=${this.#keyPressed}
    >
      <svg width="8" height="12" viewBox="0 0 8 12" fill="currentColor" aria-hidden="true">
        <circle cx="2" cy="2" r="1" /><circle cx="6" cy="2" r="1" /><circle cx="2" cy="6" r="1" />
        <circle cx="6" cy="6" r="1" /><circle cx="2" cy="10" r="1" /><circle cx="6" cy="10" r="1" />
      </svg>
      ${this.text}
    </div>`;
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('[role="slider"]')?.focus();
  }

  #taken(event: PointerEvent): void {
    const at = this.valueAt(event.clientY);
    if (this.disabled || event.button !== 0 || at === null) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    // Handles may stand beside their lines: what counts is how far it is moved.
    this.#grabbed = at - this.value;
    this.#tell({ value: null, isDragging: true });
  }

  #moved(event: PointerEvent): void {
    if (this.#grabbed === null) return;
    const at = this.valueAt(event.clientY);
    if (at === null) return;
    const value = Math.max(this.low, Math.min(this.high, roundTo(at - this.#grabbed, this.step)));
    if (value !== this.value) this.#tell({ value, isDragging: true });
  }

  #left(): void {
    if (this.#grabbed === null) return;
    this.#grabbed = null;
    this.#tell({ value: null, isDragging: false });
  }

  #keyPressed(event: KeyboardEvent): void {
    const value = this.#valueOfKey(event.key);
    if (value === null || this.disabled) return;
    event.preventDefault();
    this.#tell({ value: roundTo(value, this.step), isDragging: false });
  }

  #valueOfKey(key: string): number | null {
    const { value, step, low, high } = this;
    switch (key) {
      case 'ArrowUp':
      case 'ArrowRight':
        return value + step;
      case 'ArrowDown':
      case 'ArrowLeft':
        return value - step;
      case 'PageUp':
        return value + 5 * step;
      case 'PageDown':
        return value - 5 * step;
      case 'Home':
        return low;
      case 'End':
        return high;
    }
    return null;
  }

  #tell(move: HandleMove): void {
    tell(this, 'pw-move', move);
  }
}
