/** One host that needs attention, in one line: for when there are too many of them for cards. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Severity } from '#core/rule-spec.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { cornerOf } from '../../model/overview/corner.ts';
import { type HostStatus, hostRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { standingStyles } from './standing-styles.ts';
import '../pw-severity.ts';
import '../pw-status.ts';

@customElement('pw-host-chip')
export class PwHostChip extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        min-width: 0;
        contain: content;
        border-radius: var(--pw-r-2);
      }
      a {
        display: flex;
        align-items: center;
        gap: 6px;
        height: 28px;
        padding: 0 8px;
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        color: inherit;
        font-size: var(--pw-fs-2);
      }
      a:hover {
        border-color: var(--pw-border-control);
      }
      a:focus-visible {
        outline-offset: -2px;
      }
      .name {
        flex: 1 1 auto;
        min-width: 0;
        font-weight: var(--pw-w-strong);
      }
      /* The name of what fires may be long; which host it is must be seen. */
      .why {
        /* The name goes last. */
        flex-shrink: 9999;
        min-width: 0;
        max-width: 55%;
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-2);
      }
    `,
    standingStyles,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) host!: FleetHost;
  /** In the tab order: one of the grid is. */
  @property({ type: Boolean }) reachable = false;
  @property({ reflect: true }) status: HostStatus = 'up';
  @property({ reflect: true }) severity: Severity | '' = '';

  constructor() {
    super();
    new Following(this, () => [this.host.changed, this.dashboard.alerts.changed, this.dashboard.ticked]);
  }

  override willUpdate(): void {
    this.status = this.host.status;
    this.severity = this.dashboard.alerts.worstOf(this.host.id) ?? '';
  }

  override focus(): void {
    this.renderRoot.querySelector('a')?.focus();
  }

  override render() {
    const { name, title } = this.host;
    const firing = this.dashboard.alerts.ofHost(this.host.id).filter(({ phase }) => phase === 'firing');
    const corner = cornerOf(this.host, {
      hubMs: this.dashboard.hubMs,
      isFrozen: this.dashboard.fleetView.state === 'lost',
    });
    const why = corner !== '' ? corner : (firing[0]?.ruleName ?? '');
    return html`<a
      href=${hrefOf({ ...hostRoute, host: name })}
      data-navigate
      tabindex=${this.reachable ? 0 : -1}
      title=${firing[0]?.message ?? name}
    >
      ${
        this.status === 'up' && this.severity !== ''
          ? html`<pw-severity level=${this.severity} bare></pw-severity>`
          : html`<pw-status .state=${this.status} bare></pw-status>`
      }
      <span class="name ell">${title}</span>
      <span class="why standing ell">${why}</span>
    </a>`;
  }
}
