/** Nothing is chosen yet: what can be compared, with links that begin with hosts and tags that are there. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { FleetHost } from '../../live/fleet.ts';
import { exampleTags } from '../../model/compare/chosen.ts';
import { formatCount } from '../../model/format.ts';
import { type CompareRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { icon } from '../icons.ts';

@customElement('pw-compare-help')
export class PwCompareHelp extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        max-width: 620px;
        margin: 8vh auto 0;
      }
      p {
        margin: 4px 0 16px;
        color: var(--pw-text-2);
      }
      ul {
        display: grid;
        gap: 8px;
      }
      a {
        display: grid;
        grid-template-columns: 20px 1fr auto;
        align-items: center;
        gap: 10px;
        padding: 10px 14px;
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-1);
        color: var(--pw-text-1);
      }
      a:hover {
        border-color: var(--pw-border-control);
      }
      a svg {
        color: var(--pw-accent);
      }
      a .hint {
        text-align: right;
      }
    `,
  ];

  @property({ attribute: false }) route!: CompareRoute;
  @property({ attribute: false }) fleet: readonly FleetHost[] = [];

  override render() {
    const { fleet, route } = this;
    if (fleet.length === 0)
      return html`<h2>Nothing to compare yet</h2>
        <p>As soon as agents send, their hosts can be compared here.</p>
        <a class="btn" href="/dashboard" data-navigate>How to add a host</a>`;
    const few = fleet.slice(0, Math.min(4, fleet.length));
    const named: CompareRoute = { ...route, hosts: few.map(({ name }) => name) };
    const tags = exampleTags(fleet, 3);
    return html`<h2>Compare hosts on one metric</h2>
      <p>
        Add hosts by name, or a tag for every host that has it, also those that come later. Up to 8 lines are told apart
        by colour; of more the leading 8 are, and the ranking orders all of them.
      </p>
      <ul>
        ${tags.map(
          ({ tag, count }) => html`<li>
            <a href=${hrefOf({ ...route, tags: [tag] })} data-navigate>
              ${icon('tag')}<span class="ell">Every host with ${tag}</span><span class="hint">${formatCount(count)} hosts</span>
            </a>
          </li>`,
        )}
        ${
          few.length < 2
            ? nothing
            : html`<li>
                <a href=${hrefOf(named)} data-navigate>
                  ${icon('lines')}<span class="ell">${few.map(({ title }) => title).join(' \u00b7 ')}</span
                  ><span class="hint">by name</span>
                </a>
              </li>`
        }
        ${
          tags[0] === undefined
            ? nothing
            : html`<li>
                <a href=${hrefOf({ ...route, tags: [tags[0].tag], top: 5 })} data-navigate>
                  ${icon('lines')}<span class="ell">The 5 highest of ${tags[0].tag}</span
                  ><span class="hint">top 5</span>
                </a>
              </li>`
        }
      </ul>`;
  }
}
