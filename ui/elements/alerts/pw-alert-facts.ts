/** What is known of an alert: the rule and whom it means, who was told, who is next, how often it was so before. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Rule } from '#core/rule-spec.ts';
import type { AlertTrace } from '../../api/alerts.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { SimilarAlerts } from '../../live/alert-case.ts';
import { type AlertFact, alertFacts } from '../../model/alerts/alert-facts.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { shortMoment } from '../../model/alerts/alert-text.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { matchingHosts } from '../../model/host-choice.ts';
import { alertsRoute, hrefOf, ruleRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import '../pw-tag.ts';

@customElement('pw-alert-facts')
export class PwAlertFacts extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      dl {
        display: grid;
        grid-template-columns: 92px minmax(0, 1fr);
        gap: 6px 12px;
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      dt {
        color: var(--pw-text-3);
      }
      dd {
        overflow-wrap: anywhere;
      }
      dd .quiet {
        color: var(--pw-text-3);
      }
      dd.tags {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px;
      }
      dd a {
        text-decoration: underline;
        text-decoration-thickness: 1px;
        text-underline-offset: 3px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) item!: AlertItem;
  /** null while it is not known, or when it is no more. */
  @property({ attribute: false }) rule: Rule | null = null;
  @property({ attribute: false }) trace: AlertTrace | null = null;
  @property({ attribute: false }) similar: SimilarAlerts | null = null;

  override render() {
    const { item, rule, trace, similar } = this;
    const facts = alertFacts({ item, rule, trace, similar, nowMs: this.dashboard.hubMs });
    return html`<dl>
      <dt>Rule</dt>
      <dd>
        <a href=${hrefOf({ ...ruleRoute, id: item.ruleId })} data-navigate>${item.ruleName}</a>${
          facts.rule === '' ? nothing : html`, ${facts.rule}`
        }${rule?.origin === 'file' ? html` <span class="quiet">kept in the file of alerts</span>` : nothing}
      </dd>
      ${rule === null ? nothing : this.#renderScope(rule)} ${facts.lines.map((fact) => this.#renderFact(fact))}
      ${
        item.silence === null
          ? nothing
          : html`<dt>Silenced</dt>
              <dd>
                until ${shortMoment(item.silence.untilMs, this.dashboard.hubMs)} ${displayZoneText(item.silence.untilMs)}${
                  item.silence.spec.author === '' ? nothing : html` by ${item.silence.spec.author}`
                }${item.silence.spec.comment === '' ? nothing : html`: \u201c${item.silence.spec.comment}\u201d`}
                <a href=${hrefOf({ ...alertsRoute, list: 'silences', id: String(item.silence.id) })} data-navigate>Show it</a>
              </dd>`
      }
      ${
        facts.similar === ''
          ? nothing
          : html`<dt>Similar</dt>
              <dd>
                ${facts.similar}
                ${
                  (similar?.count ?? 0) > 1
                    ? html`<a href=${hrefOf({ ...alertsRoute, list: 'resolved', query: `${item.host} ${item.ruleName}`.trim() })} data-navigate
                        >Show</a
                      >`
                    : nothing
                }
              </dd>`
      }
    </dl>`;
  }

  #renderScope({ spec }: Rule) {
    const { names, tags, notNames, notTags } = spec.hosts;
    const count = matchingHosts(this.dashboard.fleet.hosts, spec.hosts).length;
    const pairs = (record: Readonly<Record<string, string>>) => Object.entries(record);
    return html`<dt>Scope</dt>
      <dd class="tags">
        ${pairs(tags).map(([key, value]) => html`<pw-tag key=${key} value=${value}></pw-tag>`)}
        ${names.map((name) => html`<pw-tag value=${name}></pw-tag>`)}
        ${
          notNames.length + pairs(notTags).length === 0
            ? nothing
            : html`<span class="quiet">not</span>
                ${pairs(notTags).map(([key, value]) => html`<pw-tag key=${key} value=${value}></pw-tag>`)}
                ${notNames.map((name) => html`<pw-tag value=${name}></pw-tag>`)}`
        }
        <span class="quiet">${names.length + pairs(tags).length === 0 ? 'every host, ' : ''}${count === 1 ? '1 host' : `${count} hosts`}</span>
      </dd>`;
  }

  #renderFact({ name, text, note }: AlertFact) {
    return html`<dt>${name}</dt>
      <dd>${text}${note === '' ? nothing : html` <span class="quiet">${note}</span>`}</dd>`;
  }
}
