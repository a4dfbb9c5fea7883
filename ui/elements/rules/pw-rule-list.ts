/**
 * All rules: what each says, whom it means, how many alerts it has open, whether it is judged at all. A rule is opened by
 * its name; a rule of the hub's file can be looked at and copied, no more.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { type HostSelector, type Rule, severities } from '#core/rule-spec.ts';
import { hostMatcherOf } from '#core/selector.ts';
import { deleteRule, enableRule, readRules } from '../../api/rules.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatCount } from '../../model/format.ts';
import { selectorText } from '../../model/host-choice.ts';
import { compareNames } from '../../model/names.ts';
import { hrefOf, ruleRoute } from '../../model/route.ts';
import { ruleSentence } from '../../model/rules/rule-text.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { questionDialog } from '../dialogs.ts';
import { showToast } from '../events.ts';
import { icon } from '../icons.ts';
import { noneStyles } from '../none-styles.ts';
import { loading, unreadable } from '../reading-states.ts';
import { listStyles } from './list-styles.ts';
import '../pw-severity.ts';

/** Rows that are made at once; 20,000 rules are allowed. */
const pageRows = 200;
const originMarks: Readonly<Record<Rule['origin'], string>> = { default: 'default', api: '', file: 'kept in the file' };

@customElement('pw-rule-list')
export class PwRuleList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    listStyles,
    noneStyles,
    css`
      .row {
        grid-template-columns: 16px minmax(0, 1fr) minmax(90px, 190px) 84px auto;
      }
      @container (max-width: 680px) {
        .row {
          grid-template-columns: 16px minmax(0, 1fr) auto;
        }
        .row > .cell {
          grid-column: 2 / span 2;
        }
        .row > .acts {
          grid-row: 1;
          grid-column: 3;
        }
        .row > .cell.none-open {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Words that a rule's name, sentence or hosts must have. */
  @property() query = '';
  /** Id of the one that a link means. */
  @property() current = '';
  @state() private rules: readonly Rule[] | null = null;
  @state() private failure: string | null = null;
  @state() private busy: ReadonlySet<number> = new Set();
  @state() private leaving: Rule | null = null;
  @state() private rowsMax = pageRows;
  #countedHosts: readonly FleetHost[] = [];
  #hostCounts = new Map<HostSelector, number>();

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged, this.dashboard.alerts.changed]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#refresh();
  }

  override render() {
    const { rules, failure } = this;
    if (rules === null)
      return failure === null
        ? loading()
        : unreadable({ heading: 'Rules could not be loaded', why: failure, again: this.#refresh });
    if (rules.length === 0)
      return html`<div class="none">
        <h2>There is no rule</h2>
        <p>A rule says what is bad: a metric, a limit, and for how long. Whoever it should tell is told.</p>
        ${this.#mayEdit ? html`<a class="btn" href=${hrefOf(ruleRoute)} data-navigate>New rule</a>` : nothing}
      </div>`;
    const shown = rules.filter((rule) => matches(rule, this.query));
    if (shown.length === 0)
      return html`<div class="none" role="status">
        <h2>No rule matches “${this.query.trim()}”</h2>
        <p>There ${rules.length === 1 ? 'is 1' : `are ${formatCount(rules.length)}`}.</p>
      </div>`;
    const open = this.#openCounts();
    return html`<ul class="list" aria-label="Rules">
        ${repeat(
          shown.slice(0, this.rowsMax),
          ({ id }) => id,
          (rule) => this.#renderRule(rule, open.get(rule.id) ?? noCount),
        )}
        ${
          shown.length > this.rowsMax
            ? html`<li class="more"><button class="btn small" @click=${this.#showMore}>${formatCount(shown.length - this.rowsMax)} more</button></li>`
            : nothing
        }
      </ul>
      ${this.#renderDialog()}`;
  }

  #renderRule(rule: Rule, { firing, pending }: OpenCount) {
    const { id, name, spec, isEnabled, origin } = rule;
    const count = this.#countHosts(spec.hosts);
    const differences =
      spec.overrides.length === 0
        ? ''
        : `, ${spec.overrides.length} ${spec.overrides.length === 1 ? 'override' : 'overrides'}`;
    return html`<li class="row ${isEnabled ? '' : 'off'}" ?data-current=${this.current === String(id)}>
      <pw-severity level=${spec.severity} bare></pw-severity>
      <div>
        <b><a href=${hrefOf({ ...ruleRoute, id })} data-navigate>${name}</a></b
        >${originMarks[origin] === '' ? nothing : html`<span class="mark">${originMarks[origin]}</span>`}${isEnabled ? nothing : html`<span class="mark">disabled</span>`}
        <small>${ruleSentence(spec)}</small>
      </div>
      <div class="cell">
        ${selectorText(spec.hosts)}
        <small>${count === 1 ? '1 host matches' : `${formatCount(count)} hosts match`}${differences}</small>
      </div>
      <div class="cell ${firing + pending === 0 ? 'none-open' : ''}">
        ${firing > 0 ? html`<span class="bad">${firing} firing</span>` : nothing}
        ${pending > 0 ? html`<span>${firing > 0 ? ', ' : ''}${pending} pending</span>` : nothing}
        ${firing + pending === 0 ? html`<span class="sr">nothing open</span>` : nothing}
      </div>
      ${this.#mayEdit ? this.#renderActs(rule) : nothing}
    </li>`;
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  #renderActs(rule: Rule) {
    const { id, name, isEnabled, origin } = rule;
    const isBusy = this.busy.has(id);
    return html`<div class="acts">
        <label class="check" title=${isEnabled ? 'Judged' : 'Not judged'}
          ><input
            type="checkbox"
            role="switch"
            aria-label="Enabled: ${name}"
            .checked=${isEnabled}
            ?disabled=${isBusy || origin === 'file'}
            @change=${(event: Event) => this.#enable(rule, event.target as HTMLInputElement)}
        /></label>
        <a class="btn ghost small icon" href=${hrefOf({ ...ruleRoute, copyOf: id })} data-navigate aria-label="Duplicate: ${name}"
          >${icon('copy', 14)}</a
        >
        <button
          class="btn ghost small icon"
          aria-label="Delete: ${name}"
          ?disabled=${isBusy || origin === 'file'}
          @click=${() => this.#ask(rule)}
        >
          ${icon('trash', 14)}
        </button>
      </div>`;
  }

  #renderDialog() {
    const rule = this.leaving;
    if (rule === null) return nothing;
    return questionDialog({
      heading: 'Delete this rule?',
      text: `"${rule.name}" is deleted for everybody. What it has firing resolves; what happened stays in the list of alerts.`,
      act: 'Delete rule',
      close: this.#close,
      confirm: () => this.dashboard.background(this.#delete(rule)),
    });
  }

  /** Counted once for each list of hosts: alerts that come and go change nothing of it. */
  #countHosts(selector: HostSelector): number {
    const { hosts } = this.dashboard.fleet;
    if (hosts !== this.#countedHosts) {
      this.#countedHosts = hosts;
      this.#hostCounts = new Map();
    }
    let count = this.#hostCounts.get(selector);
    if (count === undefined) {
      const isMeant = hostMatcherOf(selector);
      count = hosts.filter(isMeant).length;
      this.#hostCounts.set(selector, count);
    }
    return count;
  }

  /** By rule. */
  #openCounts(): ReadonlyMap<number, OpenCount> {
    const counts = new Map<number, OpenCount>();
    for (const { ruleId, phase } of this.dashboard.alerts.rows()) {
      const { firing, pending } = counts.get(ruleId) ?? noCount;
      counts.set(ruleId, phase === 'firing' ? { firing: firing + 1, pending } : { firing, pending: pending + 1 });
    }
    return counts;
  }

  readonly #refresh = (): void => {
    this.dashboard.background(this.#read());
  };

  async #read(): Promise<void> {
    const asked = await readRules(this.dashboard.client);
    if (asked.kind === 'failed') {
      this.failure = asked.why;
      return;
    }
    this.failure = null;
    this.rules = inOrder(asked.value);
  }

  #enable(rule: Rule, box: HTMLInputElement): void {
    const isEnabled = box.checked;
    const send = async () => {
      this.#setBusy(rule.id, true);
      const asked = await enableRule(this.dashboard.client, rule.id, isEnabled);
      this.#setBusy(rule.id, false);
      if (asked.kind === 'ok') {
        this.rules = (this.rules ?? []).map((one) => (one.id === rule.id ? asked.value : one));
        showToast(this, {
          kind: 'done',
          text: isEnabled ? 'Rule enabled' : 'Rule disabled: what it had firing resolves',
        });
        return;
      }
      box.checked = rule.isEnabled;
      showToast(this, { kind: 'failed', text: asked.why });
    };
    this.dashboard.background(send());
  }

  #ask(rule: Rule): void {
    this.leaving = rule;
  }

  async #delete(rule: Rule): Promise<void> {
    this.leaving = null;
    this.#setBusy(rule.id, true);
    const asked = await deleteRule(this.dashboard.client, rule.id);
    this.#setBusy(rule.id, false);
    // Somebody else was faster: that is what was wanted.
    if (asked.kind === 'failed' && asked.status !== 404) {
      showToast(this, { kind: 'failed', text: asked.why });
      return;
    }
    this.rules = (this.rules ?? []).filter(({ id }) => id !== rule.id);
    showToast(this, { kind: 'done', text: 'Rule deleted' });
  }

  readonly #close = (): void => {
    this.leaving = null;
  };

  readonly #showMore = (): void => {
    this.rowsMax += pageRows;
  };

  #setBusy(id: number, isBusy: boolean): void {
    const others = [...this.busy].filter((other) => other !== id);
    this.busy = new Set(isBusy ? [...others, id] : others);
  }
}

interface OpenCount {
  readonly firing: number;
  readonly pending: number;
}

const noCount: OpenCount = { firing: 0, pending: 0 };

/** The worst first, then by name; those that are not judged at the end. */
function inOrder(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort(
    (a, b) =>
      Number(b.isEnabled) - Number(a.isEnabled) ||
      severities.indexOf(b.spec.severity) - severities.indexOf(a.spec.severity) ||
      compareNames(a.name, b.name),
  );
}

function matches({ name, spec }: Rule, query: string): boolean {
  const { subject } = spec;
  const patterns = 'series' in subject ? subject.series.patterns.join(' ') : '';
  const text = `${name} ${ruleSentence(spec)} ${selectorText(spec.hosts)} ${patterns} ${spec.severity}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
