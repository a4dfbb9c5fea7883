/**
 * Hosts as a table for hundreds and thousands: rows of 28 px, of which only those in sight exist, under a head that
 * stays. The grid is one tab stop; arrows move the current row, which `aria-activedescendant` names, so that a row may
 * scroll away without taking the focus along. Tells `pw-sight`, `pw-sort` and `pw-fold`.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import { Viewport } from '../../controllers/viewport.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import type { HostGroup } from '../../model/overview/hosts-view.ts';
import { heightOf, type Line, layOutRows, linesBetween } from '../../model/overview/lines.ts';
import { columnsFor, type TableColumn } from '../../model/overview/table-columns.ts';
import { walk } from '../../model/overview/walk.ts';
import { type HostSort, hostRoute } from '../../model/route.ts';
import { zoneChanged } from '../../settings.ts';
import { themeChanged } from '../../theme/theme.ts';
import { openRoute, tell } from '../events.ts';
import { icon } from '../icons.ts';
import { groupHead } from './group-head.ts';
import { HostRow, type RowLook, rowIdOf } from './host-row.ts';
import { tableStyles } from './host-table-styles.ts';
import { blockLines, RowBlock } from './row-block.ts';

const headHeight = 30;
/** Rows are made so far before they scroll into sight, px. */
const margin = 168;

@customElement('pw-host-table')
export class PwHostTable extends LitElement {
  static override readonly styles = tableStyles;

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) groups: readonly HostGroup<FleetHost>[] = [];
  @property({ attribute: false }) collapsed: ReadonlySet<string> = new Set();
  @property() sort: HostSort = 'attention';
  @property({ type: Boolean }) autoscaled = false;
  /** The row that the keyboard is on. */
  @state() private current: FleetHost | null = null;
  readonly #viewport = new Viewport(this, () => this.#look());
  readonly #drawing = new Drawing(this, () => this.#draw());
  #lines: readonly Line<FleetHost>[] = [];
  #columns: readonly TableColumn[] = [];
  #rowLook: RowLook = { columns: [], rowHeight: 28, isAutoScaled: false };
  #rows: HostRow[] = [];
  /** By the index of their first line, in blocks. */
  #blocks: ReadonlyMap<number, RowBlock> = new Map();
  #start = -1;
  #end = -1;
  #laidOutWidth = -1;
  #seen = '';

  constructor() {
    super();
    new Following(
      this,
      () => [this.dashboard.fleet.valuesChanged, this.dashboard.ticked, this.dashboard.alerts.changed],
      this.#drawing.mark,
    );
    new Following(
      this,
      () => [themeChanged, zoneChanged],
      () => {
        for (const row of this.#rows) row.forget();
        this.#drawing.mark();
      },
    );
  }

  override willUpdate(changed: PropertyValues): void {
    const width = Math.floor(this.#viewport.width);
    const isWider = width !== this.#laidOutWidth;
    this.#laidOutWidth = width;
    if (isWider || changed.has('sort') || changed.has('autoscaled')) {
      this.#columns = columnsFor(width - 2, this.sort);
      this.#rowLook = { columns: this.#columns, rowHeight: rowHeightOf(this), isAutoScaled: this.autoscaled };
      this.style.setProperty('--grid', this.#columns.map((column) => `${column.width}px`).join(' '));
      this.style.setProperty('--row', `${this.#rowLook.rowHeight}px`);
    }
    if (isWider || changed.has('groups') || changed.has('collapsed')) {
      const { rowHeight } = this.#rowLook;
      this.#lines = layOutRows(this.groups, { rowHeight, headHeight: 32, collapsed: this.collapsed });
    }
    if (
      this.current !== null &&
      changed.has('groups') &&
      !this.groups.some(({ hosts }) => hosts.includes(this.current!))
    )
      this.current = null;
  }

  override render() {
    const heads = this.#lines.slice(...this.#range()).filter((line) => line.kind === 'head');
    return html`<div
      class="table"
      role="grid"
      tabindex="0"
      aria-label="Hosts"
      aria-rowcount=${this.#lines.length + 1}
      aria-colcount=${this.#columns.length}
      aria-activedescendant=${this.current === null ? nothing : rowIdOf(this.current)}
      @keydown=${this.#keyPressed}
      @focus=${this.#focused}
    >
      <div class="heads" role="row" aria-rowindex="1">${this.#columns.map((column) => this.#renderHead(column))}</div>
      <div class="body" role="rowgroup" @click=${this.#clicked}>
        ${repeat(
          heads,
          ({ group }) => group.id,
          ({ group, top }) =>
            html`<div class="group-row" role="row" aria-rowindex=${this.#lines.findIndex((line) => line.group === group) + 2} .top=${top}>
              <div role="gridcell" aria-colspan=${this.#columns.length}>
                ${groupHead(this, { group, dashboard: this.dashboard, isOpen: !this.collapsed.has(group.id) })}
              </div>
            </div>`,
        )}
      </div>
    </div>`;
  }

  override updated(): void {
    const body = this.renderRoot.querySelector<HTMLElement>('.body')!;
    body.style.height = `${heightOf(this.#lines)}px`;
    for (const element of body.querySelectorAll<HTMLElement & { top?: number }>('.group-row'))
      element.style.transform = `translateY(${element.top ?? 0}px)`;
    this.#placeRows(body);
    this.#drawing.mark();
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.table')?.focus();
  }

  #renderHead({ id, title, sort }: TableColumn) {
    const isOrder = sort !== null && sort === this.sort;
    const order = isOrder ? (sort === 'name' || sort === 'attention' ? 'ascending' : 'descending') : nothing;
    const label = id === 'status' ? html`<span class="sr">${title}</span>` : title;
    return html`<span role="columnheader" class="head ${id}" aria-sort=${order}>
      ${
        sort === null
          ? label
          : html`<button tabindex="-1" title=${id === 'status' ? 'Sort by attention' : nothing} @click=${() => tell(this, 'pw-sort', sort)}>
              ${label}${isOrder ? icon('down', 12) : nothing}
            </button>`
      }
    </span>`;
  }

  /** Whole blocks of lines, so that a step of the wheel makes sixteen rows now and then instead of a few each time. */
  #range(): [number, number] {
    const { top, bottom } = this.#viewport;
    const { start, end } = linesBetween(this.#lines, {
      top: top - headHeight - margin,
      bottom: bottom - headHeight + margin,
    });
    const roundUp = Math.ceil(end / blockLines) * blockLines;
    return [Math.floor(start / blockLines) * blockLines, Math.min(this.#lines.length, roundUp)];
  }

  /** Rows go to the hosts in sight; a row stays with its host while that is in sight. */
  #placeRows(body: HTMLElement): void {
    [this.#start, this.#end] = this.#range();
    const shown = this.#lines.slice(this.#start, this.#end);
    const free = new Map(this.#rows.map((row) => [row.host, row]));
    const wanted = shown.flatMap((line, index) =>
      line.kind === 'row' ? [{ host: line.hosts[0]!, top: line.top, rowIndex: this.#start + index + 2 }] : [],
    );
    const kept = wanted.map(({ host }) => {
      const row = free.get(host);
      free.delete(host);
      return row;
    });
    const spare = [...free.values()];
    this.#rows = wanted.map((place, index) => {
      const row = kept[index] ?? spare.pop() ?? new HostRow(this.dashboard);
      row.show({ ...place, isCurrent: place.host === this.current }, this.#rowLook);
      if (row.element.parentNode !== body) body.append(row.element);
      return row;
    });
    for (const row of spare) row.element.remove();
    this.#placeBlocks(body);
    this.#tellSight();
  }

  /** Canvases of blocks that are out of sight go to those that came into it. */
  #placeBlocks(body: HTMLElement): void {
    const first = Math.floor(this.#start / blockLines);
    const wanted = Array.from({ length: Math.ceil(this.#end / blockLines) - first }, (_, index) => first + index);
    const spare = [...this.#blocks].filter(([index]) => !wanted.includes(index)).map(([, block]) => block);
    const blocks = new Map<number, RowBlock>();
    for (const index of wanted) {
      const block = this.#blocks.get(index) ?? spare.pop() ?? new RowBlock();
      const lines = this.#lines.slice(index * blockLines, (index + 1) * blockLines);
      const top = lines[0]!.top;
      block.show({ top, height: heightOf(lines) - top, columns: this.#columns });
      if (block.canvas.parentNode !== body) body.append(block.canvas);
      blocks.set(index, block);
    }
    for (const block of spare) block.canvas.remove();
    this.#blocks = blocks;
  }

  #tellSight(): void {
    const seen = this.#rows.map(({ host }) => host!.name).join('\n');
    if (seen === this.#seen) return;
    this.#seen = seen;
    tell(
      this,
      'pw-sight',
      this.#rows.map(({ host }) => host!),
    );
  }

  #draw(): void {
    const { rowHeight } = this.#rowLook;
    if (!this.#columns.some(({ sparkWidth }) => sparkWidth > 0)) for (const row of this.#rows) row.write();
    else for (const block of this.#blocks.values()) block.draw(this.#rows, rowHeight);
  }

  #look(): void {
    const [start, end] = this.#range();
    const isSame =
      start === this.#start && end === this.#end && Math.floor(this.#viewport.width) === this.#laidOutWidth;
    if (!isSame) this.requestUpdate();
  }

  #focused(): void {
    if (this.current === null) this.current = this.#rows[0]?.host ?? null;
  }

  #clicked(event: Event): void {
    const element = event
      .composedPath()
      .find((target) => target instanceof Element && target.classList.contains('row'));
    const host = this.#rows.find((row) => row.element === element)?.host ?? null;
    if (host === null || event.composedPath().some((target) => target instanceof HTMLAnchorElement)) return;
    this.current = host;
    this.#open(host);
  }

  #open(host: FleetHost): void {
    openRoute(this, { ...hostRoute, host: host.name });
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    if (event.key === 'Enter' && this.current !== null) {
      event.preventDefault();
      this.#open(this.current);
      return;
    }
    const pageLines = Math.max(1, Math.floor((window.innerHeight - 200) / this.#rowLook.rowHeight));
    const key = event.key === 'j' ? 'ArrowDown' : event.key === 'k' ? 'ArrowUp' : event.key;
    const step = walk(this.#lines, this.current, { key, pageLines });
    if (step === null) return;
    event.preventDefault();
    this.current = step.host;
    const { top, height } = this.#lines[step.line]!;
    this.#viewport.show(headHeight + top - headHeight, headHeight + top + height);
    this.requestUpdate();
  }
}

/** 28 px, more where fingers point. */
function rowHeightOf(element: Element): number {
  return Number.parseFloat(getComputedStyle(element).getPropertyValue('--pw-h-row')) || 28;
}
