/**
 * Until when each release line of Node gets security fixes. Pure.
 */

/** Last day of each line that the programs may meet. Source: https://github.com/nodejs/release, 2026-11. */
const lastDays: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
};

/** Last day, as a date, of the line that `v22.9.0` is of; null for one that is not known here. */
export function lastDayOfNode(nodeVersion: string): string | null {
  return lastDays[nodeMajorOf(nodeVersion)] ?? null;
}

/** Whether that day is over. */
export function isNodeOld(nodeVersion: string, nowMs: number): boolean {
  const day = lastDayOfNode(nodeVersion);
  return day !== null && nowMs >= Date.parse(day) + 86_400_000;
}

export function nodeMajorOf(nodeVersion: string): number {
  return Number.parseInt(nodeVersion.replace(/^v/, ''), 10);
}
