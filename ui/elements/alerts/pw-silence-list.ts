/** Silences that last: what they mean, how many alerts each keeps quiet now, until when, and a way to end them. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Silence } from '#core/downtime.ts';
import { endSilence } from '../../api/silences.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { AlertDesk } from '../../live/alert-desk.ts';
import { shortMoment } from '../../model/alerts/alert-text.ts';
import { silencedItems, silenceWords } from '../../model/alerts/silence-draft.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatDuration, formatMoment } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showGone, tell } from '../events.ts';
import { icon } from '../icons.ts';
import { noneStyles } from '../none-styles.ts';
import { loading, unreadable } from '../reading-states.ts';

@customElement('pw-silence-list')
export class PwSilenceList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    noneStyles,
    css`
      :host {
        container-type: inline-size;
        overflow: hidden;
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-3);
      }
      li {
        display: grid;
        grid-template-columns: 20px minmax(0, 1fr) 150px 150px auto;
        gap: 12px;
        align-items: center;
        min-height: 52px;
        padding: 8px 12px;
        border-top: 1px solid var(--pw-border-1);
      }
      li:first-child {
        border-top: 0;
      }
      li[data-current] {
        background: var(--pw-accent-bg);
        box-shadow: inset 2px 0 var(--pw-accent);
      }
      li > svg {
        color: var(--pw-text-3);
      }
      b {
        font-weight: var(--pw-w-medium);
        overflow-wrap: anywhere;
      }
      small {
        display: block;
        font-size: var(--pw-fs-2);
        line-height: 16px;
        color: var(--pw-text-3);
        overflow-wrap: anywhere;
      }
      @container (max-width: 640px) {
        li {
          grid-template-columns: 20px minmax(0, 1fr) auto;
          row-gap: 2px;
        }
        li > .cell {
          grid-column: 2;
        }
        li > .btn {
          grid-row: 1;
          grid-column: 3;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) desk!: AlertDesk;
  @property() query = '';
  /** Id of the one that a link means. */
  @property() current = '';
  @state() private ending: ReadonlySet<number> = new Set();

  constructor() {
    super();
    new Following(this, () => [this.desk.changed]);
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#write(),
    );
  }

  override render() {
    const { silences, failure } = this.desk;
    if (silences === null)
      return failure === null
        ? loading()
        : unreadable({ heading: 'Silences could not be loaded', why: failure, again: () => this.desk.refresh() });
    const shown = silences.filter((silence) => matches(silence, this.query));
    if (silences.length === 0)
      return html`<div class="none">
        <h2>Nothing is silenced</h2>
        <p>A silence keeps alerts quiet until a moment. What they do is recorded all the same.</p>
        ${this.#mayEdit ? html`<button class="btn" @click=${() => tell(this, 'pw-silence', null)}>Silence\u2026</button>` : nothing}
      </div>`;
    if (shown.length === 0)
      return html`<div class="none" role="status">
        <h2>No silence matches \u201c${this.query.trim()}\u201d</h2>
        <p>${silences.length} ${silences.length === 1 ? 'lasts' : 'last'}.</p>
      </div>`;
    return html`<ul aria-label="Silences">
      ${repeat(
        shown,
        ({ id }) => id,
        (silence) => this.#renderSilence(silence),
      )}
    </ul>`;
  }

  override updated(): void {
    this.#write();
  }

  #renderSilence({ id, spec, untilMs, createdMs }: Silence) {
    const { hubMs } = this.dashboard;
    const count = silencedItems(this.desk.items, spec).length;
    return html`<li ?data-current=${this.current === String(id)}>
      ${icon('mute', 14)}
      <div>
        <b>${silenceWords(spec)}</b>
        <small>${spec.comment === '' ? 'no reason given' : spec.comment}</small>
      </div>
      <div class="cell">
        ${count === 0 ? 'keeps nothing quiet' : count === 1 ? 'keeps 1 alert quiet' : `keeps ${count} alerts quiet`}
        <small>${spec.author === '' ? 'by nobody known' : `by ${spec.author}`}, ${shortMoment(createdMs, hubMs)}</small>
      </div>
      <div class="cell">
        <span data-until=${untilMs}></span>
        <small title="${formatMoment(untilMs)} ${displayZoneText(untilMs)}">until ${shortMoment(untilMs, hubMs)} ${displayZoneText(untilMs)}</small>
      </div>
      ${
        this.#mayEdit
          ? html`<button
              class="btn small"
              ?disabled=${this.ending.has(id)}
              aria-label="End now: ${silenceWords(spec)}"
              @click=${() => this.#end(id)}
            >
              End now
            </button>`
          : nothing
      }
    </li>`;
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  #write(): void {
    const { hubMs } = this.dashboard;
    for (const element of this.renderRoot.querySelectorAll<HTMLElement>('[data-until]')) {
      const text = `${formatDuration(Number(element.dataset['until']) - hubMs)} left`;
      if (element.textContent !== text) element.textContent = text;
    }
  }

  #end(id: number): void {
    this.dashboard.background(this.#send(id));
  }

  async #send(id: number): Promise<void> {
    this.ending = new Set([...this.ending, id]);
    const asked = await endSilence(this.dashboard.client, id);
    this.ending = new Set([...this.ending].filter((other) => other !== id));
    showGone(this, asked, 'Silence ended: what still fires is told now');
    tell(this, 'pw-done', null);
  }
}

/** All words in what it means, who made it and why. */
function matches({ spec }: Silence, query: string): boolean {
  const text = `${silenceWords(spec)} ${spec.author} ${spec.comment}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
