/** Head of a group of hosts, as cards and the table have it: its name, how many, their means, and a button to fold it. */
import { css, html, nothing } from 'lit';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatCount } from '../../model/format.ts';
import { attentionId, type HostGroup } from '../../model/overview/hosts-view.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import './pw-group-means.ts';

export const groupHeadStyles = css`
  .group {
    display: flex;
    align-items: center;
    gap: 8px;
    height: 32px;
    padding: 4px 2px 0;
    font-size: var(--pw-fs-2);
    color: var(--pw-text-3);
    white-space: nowrap;
    overflow: hidden;
  }
  .group h2 {
    font-size: var(--pw-fs-3);
    color: var(--pw-text-1);
  }
  .group::after {
    content: '';
    flex: 1;
    height: 1px;
    background: var(--pw-border-1);
  }
  .group button {
    display: grid;
    place-items: center;
    width: 24px;
    height: 24px;
    padding: 0;
    border: 0;
    border-radius: 4px;
    background: none;
    color: var(--pw-text-3);
    cursor: pointer;
  }
  .group button:focus-visible {
    outline-offset: -2px;
  }
  .group [aria-expanded='false'] svg {
    transform: rotate(-90deg);
  }
`;

/** Tells `pw-fold` with the id of the group. */
export function groupHead(from: EventTarget, head: GroupHead) {
  const { group, dashboard, isOpen } = head;
  return html`<div class="group">
    <button
      aria-label="${isOpen ? 'Collapse' : 'Expand'} ${group.title}"
      aria-expanded=${isOpen ? 'true' : 'false'}
      @click=${() => tell(from, 'pw-fold', group.id)}
    >
      ${icon('down', 12)}
    </button>
    <h2>${group.title}</h2>
    <span>${formatCount(group.hosts.length)} ${group.hosts.length === 1 ? 'host' : 'hosts'}</span>
    ${group.id === attentionId ? nothing : html`<pw-group-means .dashboard=${dashboard} .hosts=${group.hosts}></pw-group-means>`}
  </div>`;
}

export interface GroupHead {
  readonly group: HostGroup<FleetHost>;
  readonly dashboard: Dashboard;
  readonly isOpen: boolean;
}
