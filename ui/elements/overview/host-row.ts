/**
 * One row of the table of hosts: plain elements, made once and given to another host as one scrolls, and its sparklines
 * in the canvas of its block. Hot path: dozens of these are written each second, so nothing here is a template.
 */
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatAge, formatDuration, noValue, partsOf } from '../../model/format.ts';
import { cornerOf } from '../../model/overview/corner.ts';
import { cardRows, overviewColumn, shownRow } from '../../model/overview/metrics.ts';
import type { TableColumn } from '../../model/overview/table-columns.ts';
import { hostRoute, hrefOf } from '../../model/route.ts';
import { PwSeverity } from '../pw-severity.ts';
import { PwStatus } from '../pw-status.ts';
import { figureParts, hotFigures, setText, sparkTimeOf, writeParts } from './host-sparks.ts';
import { asideOf } from './pw-host-card.ts';
import { drawSpark } from './spark.ts';

export interface RowPlace {
  readonly host: FleetHost;
  /** Of the table, px. */
  readonly top: number;
  /** From 1, of all rows. */
  readonly rowIndex: number;
  readonly isCurrent: boolean;
}

export interface RowLook {
  readonly columns: readonly TableColumn[];
  readonly rowHeight: number;
  readonly isAutoScaled: boolean;
}

export class HostRow {
  readonly element = document.createElement('div');
  readonly #dashboard: Dashboard;
  readonly #status = new PwStatus();
  readonly #severity = new PwSeverity();
  readonly #link = document.createElement('a');
  readonly #cells = new Map<string, HTMLElement>();
  #host: FleetHost | null = null;
  #look: RowLook | null = null;
  #top = 0;
  /** What was drawn last; a row that would look the same is not drawn again. */
  #drawn = '';

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
    this.element.className = 'row';
    this.element.setAttribute('role', 'row');
    this.#status.bare = true;
    this.#link.tabIndex = -1;
    this.#link.setAttribute('data-navigate', '');
    this.#link.className = 'ell';
  }

  get host(): FleetHost | null {
    return this.#host;
  }

  /** Gives the row to a host; `draw` fills it. */
  show(place: RowPlace, look: RowLook): void {
    if (this.#look?.columns !== look.columns) this.#makeCells(look.columns);
    if (this.#look !== look || this.#host !== place.host) this.#drawn = '';
    this.#look = look;
    this.#host = place.host;
    this.element.id = rowIdOf(place.host);
    this.#top = place.top;
    this.element.style.transform = `translateY(${place.top}px)`;
    this.element.setAttribute('aria-rowindex', String(place.rowIndex));
    this.element.toggleAttribute('data-current', place.isCurrent);
    this.element.setAttribute('aria-selected', place.isCurrent ? 'true' : 'false');
  }

  /** Top of the row in the table, px. */
  get top(): number {
    return this.#top;
  }

  /** Writes what has changed. Whether its sparklines look different from what was painted last. */
  write(): boolean {
    const host = this.#host;
    if (host === null) return false;
    this.#write(host);
    const isSilent = host.state === 'down' || host.state === 'stale';
    const hubSecond = isSilent ? Math.floor(this.#dashboard.hubMs / 1_000) : 0;
    const look = `${host.spark.newestMs} ${host.spark.count} ${host.status} ${hubSecond}`;
    if (look === this.#drawn) return false;
    this.#drawn = look;
    return true;
  }

  /** Paints the sparklines, the first of which begins at the left of the canvas; `y` is the top of the row in it. */
  paint(context: CanvasRenderingContext2D, y: number): void {
    const host = this.#host;
    const look = this.#look;
    if (host === null || look === null) return;
    const sparked = look.columns.filter(({ sparkWidth }) => sparkWidth > 0);
    const time = sparkTimeOf(host, this.#dashboard, look.isAutoScaled);
    for (const column of sparked) {
      const row = cardRows.find(({ metric }) => metric === column.id);
      if (row === undefined) continue;
      const box = {
        ...{ x: column.x - sparked[0]!.x, y: y + 4 },
        ...{ width: column.sparkWidth - 4, height: look.rowHeight - 9 },
      };
      drawSpark(context, { ring: host.spark, row: shownRow(host.values, row) }, { box, time });
    }
  }

  /** Its sparklines must be painted again. */
  forget(): void {
    this.#drawn = '';
  }

  #makeCells(columns: readonly TableColumn[]): void {
    this.#cells.clear();
    const cells = columns.map((column, index) => {
      const cell = document.createElement('span');
      cell.setAttribute('role', 'gridcell');
      cell.setAttribute('aria-colindex', String(index + 1));
      cell.className = `cell ${column.id}${column.isNumber ? ' number' : ''}`;
      if (column.id === 'status') cell.append(this.#status);
      else if (column.id === 'host') cell.append(this.#link);
      else if (column.id === 'alerts') cell.append(this.#severity);
      else if (column.isNumber) cell.append(document.createElement('b'), document.createElement('small'));
      this.#cells.set(column.id, cell);
      return cell;
    });
    this.element.replaceChildren(...cells);
  }

  #write(host: FleetHost): void {
    const alerts = this.#dashboard.alerts.ofHost(host.id);
    const firing = alerts.filter(({ phase }) => phase === 'firing');
    const hot = hotFigures(alerts);
    const isQuiet = host.state === 'down' || host.state === 'stale';
    this.element.className = isQuiet ? `row quiet ${host.status}` : `row ${host.status}`;
    this.#status.state = host.status;
    const href = hrefOf({ ...hostRoute, host: host.name });
    if (this.#link.getAttribute('href') !== href) this.#link.href = href;
    setText(this.#link, host.title);
    this.#link.title = host.name;
    this.#writeText('alias', asideOf(host));
    this.#writeText('tags', tagsText(host));
    for (const row of cardRows) {
      const cell = this.#cells.get(row.metric);
      if (cell === undefined) continue;
      writeParts(cell.children[0]!, cell.children[1]!, figureParts(host, row));
      const heat = hot.get(row.metric) ?? '';
      if (cell.dataset['heat'] !== heat) cell.dataset['heat'] = heat;
    }
    const load = this.#cells.get('load');
    if (load !== undefined) load.dataset['heat'] = hot.get('load') ?? '';
    const isDown = host.state === 'down';
    this.#writeFigure('load', isDown ? noValue : partsOf(host.values[overviewColumn.load], '1').figure);
    this.#writeFigure('uptime', uptimeText(host.values[overviewColumn.uptime]!));
    this.#writeFigure('age', this.#ageText(host));
    this.#severity.hidden = firing.length === 0;
    if (firing.length > 0) {
      this.#severity.level = firing[0]!.severity;
      this.#severity.label = String(firing.length);
    }
  }

  #ageText(host: FleetHost): string {
    const hubMs = this.#dashboard.hubMs;
    const isFrozen = this.#dashboard.fleetView.state === 'lost';
    const corner = cornerOf(host, { hubMs, isFrozen });
    if (corner === '') return formatAge(host.ageMs(hubMs));
    // The column says "age" already.
    return corner.replace(/^silent | old$/g, '');
  }

  #writeText(id: string, text: string): void {
    const cell = this.#cells.get(id);
    if (cell !== undefined) setText(cell, text);
  }

  #writeFigure(id: string, text: string): void {
    const cell = this.#cells.get(id);
    if (cell !== undefined) setText(cell.children[0]!, text);
  }
}

/** Id of a host's row: a name may have anything in it, an id no space. */
export function rowIdOf({ name }: FleetHost): string {
  return `row-${encodeURIComponent(name)}`;
}

/** Two of the tags: what it is for stands in the column before. */
function tagsText({ tags }: FleetHost): string {
  const names = Object.keys(tags).filter((name) => name !== 'alias' && name !== 'role');
  return names
    .slice(0, 2)
    .map((name) => `${name}=${tags[name]}`)
    .join('  ');
}

/** The largest unit alone: "71 d". */
function uptimeText(seconds: number): string {
  if (Number.isNaN(seconds)) return noValue;
  return formatDuration(seconds * 1_000).split(' ')[0]!;
}
