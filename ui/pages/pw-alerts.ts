/**
 * Alerts: what fires, is pending or is over, with its detail at the side; silences, rules and channels in lists of
 * their own. Lists, selection and search stand in the address.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import { Keys } from '../controllers/keys.ts';
import type { Dashboard } from '../dashboard.ts';
import { calmState, noMatchState, noneOverState, stateStyles, unknownState } from '../elements/alerts/alert-states.ts';
import { alertsStyles } from '../elements/alerts/page-styles.ts';
import type { AlertTab, PwAlertBar } from '../elements/alerts/pw-alert-bar.ts';
import type { PwAlertList } from '../elements/alerts/pw-alert-list.ts';
import { openRoute, replaceRoute } from '../elements/events.ts';
import { AlertCase } from '../live/alert-case.ts';
import { AlertDesk } from '../live/alert-desk.ts';
import { AlertSparks } from '../live/alert-sparks.ts';
import type { FreshAlerts } from '../live/fresh-alerts.ts';
import { ResolvedAlerts } from '../live/resolved-alerts.ts';
import { type AlertItem, addressOf, isAddressed } from '../model/alerts/alert-item.ts';
import { matchingAlerts, openSections, resolvedSections } from '../model/alerts/alert-sections.ts';
import { formatCount } from '../model/format.ts';
import { type AlertList, type AlertsRoute, alertsRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/alerts/pw-acknowledge-dialog.ts';
import '../elements/alerts/pw-alert-bar.ts';
import '../elements/alerts/pw-alert-detail.ts';
import '../elements/alerts/pw-alert-list.ts';
import '../elements/alerts/pw-silence-dialog.ts';
import '../elements/alerts/pw-silence-list.ts';
import '../elements/pw-severity.ts';

/** Below, a detail takes the whole page. */
const narrow = window.matchMedia('(max-width: 1000px)');

const laterLists: Readonly<Partial<Record<AlertList, () => Promise<unknown>>>> = {
  rules: () => import('../elements/rules/pw-rule-list.ts'),
  channels: () => import('../elements/rules/pw-channel-list.ts'),
};

type Dialog =
  | { readonly kind: 'acknowledge'; readonly items: readonly AlertItem[] }
  | { readonly kind: 'silence'; readonly item: AlertItem | null };

@customElement('pw-alerts')
export class PwAlerts extends LitElement {
  static override readonly styles = [sharedStyles, stateStyles, alertsStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AlertsRoute = alertsRoute;
  @state() private dialog: Dialog | null = null;
  /** Alerts that are new, which the shell says aloud on every page. */
  @property({ attribute: false }) fresh!: FreshAlerts;
  @state() private hasRoom = !narrow.matches;
  @state() private loadedLists: ReadonlySet<AlertList> = new Set();
  /** List whose code could not be loaded. */
  @state() private failedList: AlertList | null = null;
  #desk!: AlertDesk;
  #resolved!: ResolvedAlerts;
  #sparks!: AlertSparks;
  #case!: AlertCase;

  constructor() {
    super();
    new Following(this, () => [this.#desk.changed, this.#resolved.changed, this.fresh.changed]);
    new Keys(this, {
      j: () => this.#move(1),
      k: () => this.#move(-1),
      ArrowDown: () => this.#list?.focusedItem != null && this.#move(1),
      ArrowUp: () => this.#list?.focusedItem != null && this.#move(-1),
      a: () => this.#act('acknowledge'),
      s: () => this.#act('silence'),
      Escape: () => this.#escape(),
    });
    this.addEventListener('pw-open-alert', (event) => this.#select((event as CustomEvent<AlertItem>).detail));
    this.addEventListener('pw-acknowledge', (event) => {
      this.dialog = { kind: 'acknowledge', items: [(event as CustomEvent<AlertItem>).detail] };
    });
    this.addEventListener('pw-acknowledge-all', (event) => {
      this.dialog = { kind: 'acknowledge', items: (event as CustomEvent<readonly AlertItem[]>).detail };
    });
    this.addEventListener('pw-silence', (event) => {
      this.dialog = { kind: 'silence', item: (event as CustomEvent<AlertItem | null>).detail };
    });
    this.addEventListener('pw-done', () => this.#refresh());
    this.addEventListener('pw-close-alert', () => this.#closeDetail());
  }

  override connectedCallback(): void {
    const { dashboard } = this;
    this.#desk = new AlertDesk(dashboard);
    this.#resolved = new ResolvedAlerts(dashboard);
    this.#sparks = new AlertSparks(dashboard);
    this.#case = new AlertCase(dashboard, this.#desk);
    super.connectedCallback();
    for (const part of this.#parts) part.open();
    narrow.addEventListener('change', this.#widthChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const part of this.#parts) part.close();
    narrow.removeEventListener('change', this.#widthChanged);
  }

  get #parts() {
    return [this.#desk, this.#resolved, this.#sparks, this.#case];
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwAlertBar>('pw-alert-bar')?.focusSearch();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('route')) return;
    this.#case.show(this.#hasDetail ? this.route.id : '');
    this.#loadList();
  }

  override render() {
    const isAlone = this.#isOpenDetail && !this.hasRoom;
    return html`${isAlone ? html`<h1 class="sr">Alerts</h1>` : this.#renderBar()}
      ${isAlone ? nothing : this.#renderNote()}
      ${this.#renderList(isAlone)}
      ${this.#renderDialog()}`;
  }

  override updated(): void {
    this.#followId();
  }

  #renderBar() {
    const { firing, pending } = this.dashboard.alerts.counts;
    const { rules, silences, isKnown } = this.#desk;
    const { isOfDay, countText } = this.#resolved;
    const tabs: readonly AlertTab[] = [
      { list: 'open', title: 'Open', count: isKnown ? formatCount(firing + pending) : '' },
      { list: 'resolved', title: isOfDay ? 'Resolved, 24 h' : 'Resolved', count: countText },
      { list: 'silences', title: 'Silences', count: silences === null ? '' : formatCount(silences.length) },
      { list: 'rules', title: 'Rules', count: rules === null ? '' : formatCount(rules.size) },
      // Where notices go is for those who may change rules.
      ...(this.#mayEdit ? [{ list: 'channels', title: 'Channels', count: '' } as const] : []),
    ];
    return html`<pw-alert-bar .route=${this.route} .tabs=${tabs} .canEdit=${this.#mayEdit}></pw-alert-bar>`;
  }

  /** What is shown goes on; only what is joined with it may be old. */
  #renderNote() {
    const why = this.#desk.failure ?? (this.route.list === 'resolved' ? this.#resolved.failure : null);
    if (why === null || (!this.#desk.isKnown && this.route.list === 'open')) return nothing;
    return html`<div class="note" role="status">
      <span>Acknowledgements, silences and what is over may be out of date. ${why}</span>
      <button class="btn small" @click=${this.#refresh}>Try again</button>
    </div>`;
  }

  #renderList(isAlone: boolean) {
    switch (this.route.list) {
      case 'open':
      case 'resolved':
        return this.#renderAlerts(isAlone);
      case 'silences':
        return html`<pw-silence-list
          .dashboard=${this.dashboard}
          .desk=${this.#desk}
          .query=${this.route.query}
          .current=${this.route.id}
        ></pw-silence-list>`;
      case 'rules':
      case 'channels':
        return this.#renderLater();
    }
  }

  /** Lists whose code is loaded when somebody first wants them. */
  #renderLater() {
    const { dashboard, failedList, loadedLists } = this;
    const { list, query, id } = this.route;
    if (!loadedLists.has(list))
      return unknownState(failedList === list ? 'The hub is away, or it has been updated.' : null, () =>
        location.reload(),
      );
    return list === 'rules'
      ? html`<pw-rule-list .dashboard=${dashboard} .query=${query} .current=${id}></pw-rule-list>`
      : html`<pw-channel-list .dashboard=${dashboard}></pw-channel-list>`;
  }

  #renderAlerts(isAlone: boolean) {
    const isOpenDetail = this.#isOpenDetail;
    return html`<div class="layout ${isAlone ? 'alone' : isOpenDetail ? 'split' : ''}">
      ${isAlone ? nothing : html`<div>${this.#renderRows()}</div>`}
      ${
        isOpenDetail
          ? html`<pw-alert-detail
              .dashboard=${this.dashboard}
              .desk=${this.#desk}
              .alert=${this.#case}
              .sparks=${this.#sparks}
              .isAlone=${isAlone}
            ></pw-alert-detail>`
          : nothing
      }
    </div>`;
  }

  #renderRows() {
    const { route } = this;
    const isOpen = route.list === 'open';
    const source = isOpen ? this.#desk : this.#resolved;
    if (!source.isKnown) return unknownState(source.failure, this.#refresh);
    const all = this.#resolved.alerts.map((alert) => this.#desk.itemOf(alert));
    const open = isOpen ? matchingAlerts(this.#desk.items, route) : [];
    const over = { ...this.#over, items: matchingAlerts(all, route) };
    const sections = isOpen ? openSections(open, over, this.dashboard.hubMs) : resolvedSections(over);
    const isFiltered = route.query.trim() !== '' || route.severity !== null;
    if (isFiltered && sections.length === 0)
      return noMatchState(route, isOpen ? this.#desk.items.length : all.length, () => this.#clearFilter());
    return html`${isOpen && open.length === 0 && !isFiltered ? calmState(this.#watched) : nothing}
      ${!isOpen && sections.length === 0 ? noneOverState(over.isOfDay) : nothing}
      ${
        sections.length === 0
          ? nothing
          : html`<pw-alert-list
              .dashboard=${this.dashboard}
              .desk=${this.#desk}
              .sparks=${this.#sparks}
              .route=${route}
              .sections=${sections}
              .freshKeys=${this.fresh.keys}
            ></pw-alert-list>`
      }
      ${isOpen ? nothing : this.#renderMore()}`;
  }

  get #over() {
    const { countText, isOfDay } = this.#resolved;
    return { countText, isOfDay };
  }

  /** What looks after what. */
  get #watched() {
    const { rules } = this.#desk;
    const ruleCount = rules === null ? null : [...rules.values()].filter(({ isEnabled }) => isEnabled).length;
    return { ruleCount, hostCount: this.dashboard.fleet.hosts.length, canEdit: this.#mayEdit };
  }

  #renderMore() {
    const { hasMore, isOfDay, failure } = this.#resolved;
    return html`<div class="more">
      ${failure === null ? nothing : html`<span role="status">${failure}</span>`}
      ${
        hasMore
          ? html`<button class="btn" @click=${() => this.#resolved.more()}>${isOfDay ? 'Show older ones' : 'Show more'}</button>`
          : html`<span>That is all of them.</span>`
      }
    </div>`;
  }

  #renderDialog() {
    const { dialog } = this;
    // The platform tells of a close a moment later: there may be another dialog by then.
    const close = () => {
      if (this.dialog === dialog) this.#closeDialog();
    };
    switch (dialog?.kind) {
      case 'acknowledge':
        return html`<pw-acknowledge-dialog
          .dashboard=${this.dashboard}
          .items=${this.#asTheyAre(dialog.items)}
          @pw-close=${close}
        ></pw-acknowledge-dialog>`;
      case 'silence':
        return html`<pw-silence-dialog
          .dashboard=${this.dashboard}
          .item=${dialog.item}
          .items=${this.#desk.items}
          .rules=${[...(this.#desk.rules?.values() ?? [])]}
          @pw-close=${close}
        ></pw-silence-dialog>`;
      case undefined:
        return nothing;
    }
  }

  /** What has fired just now gets its id while one types. */
  #asTheyAre(items: readonly AlertItem[]): readonly AlertItem[] {
    const now = new Map(this.#desk.items.map((item) => [item.key, item]));
    return items.map((item) => now.get(item.key) ?? item);
  }

  get #hasDetail(): boolean {
    return this.route.list === 'open' || this.route.list === 'resolved';
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  get #isOpenDetail(): boolean {
    return this.#hasDetail && this.route.id !== '';
  }

  get #list(): PwAlertList | null {
    return this.renderRoot.querySelector<PwAlertList>('pw-alert-list');
  }

  #change(part: Partial<AlertsRoute>): void {
    replaceRoute(this, { ...this.route, ...part });
  }

  #clearFilter(): void {
    this.#change({ query: '', severity: null });
  }

  /** At the side a selection is no step of the history; on a phone the detail is a page, and "back" leaves it. */
  #select(item: AlertItem): void {
    const route = { ...this.route, id: addressOf(item) };
    if (this.hasRoom) replaceRoute(this, route);
    else openRoute(this, route);
  }

  #closeDetail(): void {
    const { id } = this.route;
    this.#change({ id: '' });
    void this.updateComplete.then(() => this.#list?.focusItem(id));
  }

  /** While a detail is open at the side it follows. */
  #move(by: 1 | -1): boolean {
    const item = this.#list?.moveFocus(by) ?? null;
    if (item !== null && this.#isOpenDetail && this.hasRoom) this.#select(item);
    return item !== null;
  }

  /** On the row that has the focus, else on the alert whose detail is open. */
  #act(kind: 'acknowledge' | 'silence'): boolean {
    const item = this.#list?.focusedItem ?? (this.#isOpenDetail ? this.#case.item : null);
    if (item === null || item.phase === 'resolved' || !this.#mayEdit) return false;
    if (kind === 'acknowledge' && (item.phase !== 'firing' || item.isAcknowledged)) return false;
    this.dialog = kind === 'acknowledge' ? { kind, items: [item] } : { kind, item };
    return true;
  }

  #escape(): boolean {
    if (this.#isOpenDetail) this.#closeDetail();
    else if (this.route.query !== '' || this.route.severity !== null) this.#clearFilter();
    else return false;
    return true;
  }

  /** The button that has opened it may be gone: it is acknowledged now. */
  #closeDialog(): void {
    const item = this.dialog?.kind === 'acknowledge' ? this.dialog.items[0] : this.dialog?.item;
    const address = item == null ? '' : addressOf(item);
    this.dialog = null;
    void this.updateComplete.then(() => {
      if (document.activeElement === null || document.activeElement === document.body) this.#list?.focusItem(address);
    });
  }

  readonly #refresh = (): void => {
    this.#desk.refresh();
    this.#resolved.refresh();
    this.#case.refresh();
  };

  /** A pending alert that fires gets an id: from then on the address has it. */
  #followId(): void {
    const { item } = this.#case;
    if (!this.#isOpenDetail || item === null || item.id === null || this.route.id === String(item.id)) return;
    if (isAddressed(item, this.route.id)) this.#change({ id: addressOf(item) });
  }

  #loadList(): void {
    const { list } = this.route;
    const load = laterLists[list];
    if (load === undefined || this.loadedLists.has(list)) return;
    load().then(
      () => {
        this.loadedLists = new Set([...this.loadedLists, list]);
        this.failedList = null;
      },
      () => {
        this.failedList = list;
      },
    );
  }

  readonly #widthChanged = (): void => {
    this.hasRoom = !narrow.matches;
  };
}
