/** Channels: where notices go, and below them what was sent by each, what the receivers said and what was given up. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Dashboard } from '../dashboard.ts';
import { type LogFilter, logStates } from '../elements/admin/channels/pw-delivery-log.ts';
import { adminHeadStyles } from '../elements/admin/head-styles.ts';
import { replaceRoute } from '../elements/events.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/rules/pw-channel-list.ts';

@customElement('pw-admin-channels')
export class PwAdminChannels extends LitElement {
  static override readonly styles = [
    sharedStyles,
    adminHeadStyles,
    css`
      pw-delivery-log {
        margin-top: 16px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  /** As the route has it; the same object until it is another, so that the log is not read anew for nothing. */
  #filter: LogFilter = { state: null, channelId: null };

  override willUpdate(): void {
    const { state = '', channel = '' } = this.route.filters;
    const id = Number(channel);
    const wanted = logStates.find((word) => word === state) ?? null;
    const channelId = Number.isSafeInteger(id) && id > 0 ? id : null;
    if (wanted !== this.#filter.state || channelId !== this.#filter.channelId)
      this.#filter = { state: wanted, channelId };
  }

  override render() {
    return html`<div class="head"><h1>Channels</h1></div>
      <pw-channel-list .dashboard=${this.dashboard} hasLog></pw-channel-list>
      <pw-delivery-log .dashboard=${this.dashboard} .filter=${this.#filter} @pw-filter=${this.#choose}></pw-delivery-log>`;
  }

  #choose({ detail }: CustomEvent<LogFilter>): void {
    const filters = {
      ...(detail.state === null ? {} : { state: detail.state }),
      ...(detail.channelId === null ? {} : { channel: String(detail.channelId) }),
    };
    replaceRoute(this, { ...this.route, filters });
  }
}
