/**
 * Columns of the table of hosts, as many as there is room for: what matters least goes first, so that nothing scrolls
 * sideways on a phone. Pure.
 */
import type { FleetMetric, HostSort } from '../route.ts';

export type TableColumnId = 'status' | 'host' | 'alias' | 'tags' | FleetMetric | 'load' | 'uptime' | 'alerts' | 'age';

export interface TableColumn {
  readonly id: TableColumnId;
  readonly title: string;
  /** px, whole. */
  readonly x: number;
  readonly width: number;
  /** px of it that the sparkline takes, at the left; 0 for none. */
  readonly sparkWidth: number;
  readonly isNumber: boolean;
  /** Order that a click on the head makes; null for none. */
  readonly sort: HostSort | null;
}

interface Rule {
  readonly id: TableColumnId;
  readonly title: string;
  readonly width: number;
  readonly sort: HostSort | null;
  readonly isNumber: boolean;
}

const rules: readonly Rule[] = [
  { id: 'status', title: 'Status', width: 32, sort: 'attention', isNumber: false },
  { id: 'host', title: 'Host', width: 104, sort: 'name', isNumber: false },
  { id: 'alias', title: 'Alias', width: 96, sort: null, isNumber: false },
  { id: 'tags', title: 'Tags', width: 128, sort: null, isNumber: false },
  { id: 'cpu', title: 'CPU', width: 54, sort: 'cpu', isNumber: true },
  { id: 'memory', title: 'Memory', width: 62, sort: 'memory', isNumber: true },
  { id: 'network', title: 'Network', width: 76, sort: 'network', isNumber: true },
  { id: 'disk', title: 'Disk IO', width: 76, sort: 'disk', isNumber: true },
  { id: 'load', title: 'Load', width: 56, sort: null, isNumber: true },
  { id: 'uptime', title: 'Up', width: 52, sort: null, isNumber: true },
  { id: 'alerts', title: 'Alerts', width: 48, sort: null, isNumber: false },
  { id: 'age', title: 'Age', width: 78, sort: null, isNumber: true },
];

/** Sparklines are added, and columns beyond the first ones, in this order. */
const wishes: readonly (readonly [TableColumnId, 'column' | 'spark'])[] = [
  ['network', 'column'],
  ['disk', 'column'],
  ['cpu', 'spark'],
  ['memory', 'spark'],
  ['load', 'column'],
  ['network', 'spark'],
  ['disk', 'spark'],
  ['uptime', 'column'],
  ['tags', 'column'],
  ['alias', 'column'],
];
const always: readonly TableColumnId[] = ['status', 'host', 'cpu', 'memory', 'alerts', 'age'];
const sparkWidthMin = 72;
const sparkWidthMax = 160;

export function columnsFor(width: number, metricOrder: HostSort): TableColumn[] {
  const chosen = new Set<TableColumnId>(always);
  // What the rows are ordered by is seen, however narrow it gets.
  if (rules.some(({ id, isNumber }) => id === metricOrder && isNumber)) chosen.add(metricOrder as FleetMetric);
  const sparks = new Set<TableColumnId>();
  let rest = width - rules.reduce((sum, rule) => sum + (chosen.has(rule.id) ? rule.width : 0), 0);
  for (const [id, what] of wishes) {
    if (what === 'column' && chosen.has(id)) continue;
    const price = what === 'spark' ? sparkWidthMin : rules.find((rule) => rule.id === id)!.width;
    if (price > rest || (what === 'spark' && !chosen.has(id))) break;
    (what === 'spark' ? sparks : chosen).add(id);
    rest -= price;
  }
  // Nothing is left to go on the narrowest phones: the name has its end cut off.
  const missing = Math.max(0, -rest);
  rest = Math.max(0, rest);
  const perSpark =
    sparks.size === 0 ? 0 : Math.min(sparkWidthMax - sparkWidthMin, Math.floor((rest * 0.6) / sparks.size));
  rest -= perSpark * sparks.size;
  const growing = rules.filter(({ id }) => chosen.has(id) && (id === 'host' || id === 'alias' || id === 'tags'));
  const perText = Math.floor(rest / growing.length);
  let x = 0;
  return rules
    .filter(({ id }) => chosen.has(id))
    .map((rule) => {
      const sparkWidth = sparks.has(rule.id) ? sparkWidthMin + perSpark : 0;
      const grown = growing.includes(rule) ? perText : 0;
      const width = rule.width + sparkWidth + grown - (rule.id === 'host' ? missing : 0);
      const column = { ...rule, x, width, sparkWidth };
      x += column.width;
      return column;
    });
}
