/**
 * Above the downtimes: the view, the time that is shown, the zone. What is chosen is told as the changed part of the
 * route by `pw-show`, a step in time by `pw-step`, and the wish for a new downtime by `pw-new`.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ShownSpan } from '../../model/downtimes/shown-span.ts';
import { pageZone } from '../../model/downtimes/zone-text.ts';
import { type DowntimesRoute, downtimeSpans, downtimesRoute, downtimeViews } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { type IconName, icon } from '../icons.ts';
import './pw-zone-field.ts';

const viewTitles: Readonly<Record<DowntimesRoute['view'], readonly [string, IconName]>> = {
  timeline: ['Timeline', 'rows'],
  calendar: ['Calendar', 'calendar'],
  list: ['List', 'note'],
};
const spanTitles: Readonly<Record<DowntimesRoute['span'], string>> = { day: 'Day', week: 'Week', month: 'Month' };

@customElement('pw-downtimes-bar')
export class PwDowntimesBar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        min-height: 32px;
        padding-bottom: 12px;
      }
      h1 {
        margin-right: 8px;
      }
      .steps {
        display: flex;
        gap: 4px;
      }
      .title {
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
      }
      .end {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-left: auto;
      }
      .zone {
        display: flex;
        align-items: center;
        gap: 6px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      pw-zone-field {
        width: 190px;
        color: var(--pw-text-1);
      }
      @media (max-width: 720px) {
        .end {
          width: 100%;
          margin-left: 0;
        }
        .zone {
          flex: 1;
          min-width: 0;
        }
        pw-zone-field {
          flex: 1;
          width: auto;
        }
      }
    `,
  ];

  @property({ attribute: false }) route: DowntimesRoute = downtimesRoute;
  @property({ attribute: false }) span!: ShownSpan;
  @property() zone = 'UTC';
  @property({ type: Number }) nowMs = 0;

  /** Whether whoever looks may plan one. */
  @property({ attribute: false }) canEdit = false;

  override render() {
    const { route, zone } = this;
    return html`<h1>Downtimes</h1>
      <div class="seg" role="group" aria-label="View">
        ${downtimeViews.map((view) => {
          const [title, name] = viewTitles[view];
          return html`<button aria-pressed=${view === route.view ? 'true' : 'false'} title="${title} (d)" @click=${() => this.#show({ view })}>
            ${icon(name, 14)}${title}
          </button>`;
        })}
      </div>
      ${route.view === 'list' ? nothing : this.#renderSteps()}
      <div class="end">
        <div class="zone">
          <span aria-hidden="true">Shown in</span>
          <pw-zone-field label="Shown in" zone=${zone} .atMs=${this.nowMs} @pw-zone=${this.#chooseZone}></pw-zone-field>
        </div>
        ${
          this.canEdit
            ? html`<button class="btn primary" title="New downtime (n)" @click=${() => tell(this, 'pw-new', null)}>${icon('plus', 14)}New downtime</button>`
            : nothing
        }
      </div>`;
  }

  /** The button for a new downtime. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.primary')?.focus();
  }

  #renderSteps() {
    const { route, span } = this;
    return html`${
      route.view === 'calendar'
        ? nothing
        : html`<div class="seg" role="group" aria-label="Time shown">
              ${downtimeSpans.map(
                (each) =>
                  html`<button aria-pressed=${each === route.span ? 'true' : 'false'} @click=${() => this.#show({ span: each })}>${spanTitles[each]}</button>`,
              )}
            </div>`
    }
      <div class="steps">
        <button class="btn icon" aria-label="Previous ${span.kind}" title="Previous ${span.kind} ([)" @click=${() => tell(this, 'pw-step', -1)}>
          ${icon('left', 14)}
        </button>
        <button class="btn" title="Today (0)" ?disabled=${route.at === ''} @click=${() => this.#show({ at: '' })}>Today</button>
        <button class="btn icon" aria-label="Next ${span.kind}" title="Next ${span.kind} (])" @click=${() => tell(this, 'pw-step', 1)}>
          ${icon('right', 14)}
        </button>
      </div>
      <b class="title" role="status">${span.title}</b>`;
  }

  #show(changed: Partial<DowntimesRoute>): void {
    tell(this, 'pw-show', changed);
  }

  #chooseZone(event: CustomEvent<string>): void {
    event.stopPropagation();
    this.#show({ zone: event.detail === pageZone() ? '' : event.detail });
  }
}
