/**
 * Numbers, durations and values with their unit as people read them in a notice.
 */

/** The value with its unit: "7 MiB/s", "93.4 %", "1 min 30 s"; a unit that is not known stands behind the number as it is. */
export function formatQuantity(value: number, unit: string): string {
  if (!Number.isFinite(value)) return String(value);
  switch (unit) {
    case '':
    case '1':
      return formatNumber(value);
    case 'percent':
      return `${formatNumber(value)} %`;
    case 'celsius':
      return `${formatNumber(value)} °C`;
    case 'bytes':
    case 'bytes/s':
      return `${formatBytes(value)}${unit.slice('bytes'.length)}`;
    case 's':
      return value >= 1 ? formatDuration(value * 1_000) : `${formatNumber(value)} s`;
    case 'ms':
      return value >= 1_000 ? formatDuration(value) : `${formatNumber(value)} ms`;
    case '1/s':
      return `${formatNumber(value)}/s`;
    default:
      return unit.startsWith('/') ? `${formatNumber(value)}${unit}` : `${formatNumber(value)} ${unit}`;
  }
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function formatBytes(value: number): string {
  let scaled = value;
  let index = 0;
  while (Math.abs(scaled) >= 1_024 && index < byteUnits.length - 1) {
    scaled /= 1_024;
    index += 1;
  }
  return `${formatNumber(scaled)} ${byteUnits[index]}`;
}

/** A number as people read it: four digits that mean something, or all of a whole number. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return String(Number(value.toPrecision(4)));
  const decimals = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toFixed(decimals)));
  const [whole, fraction] = text.split('.');
  const grouped = size >= 10_000 ? whole!.replace(/\B(?=(\d{3})+$)/g, ',') : whole!;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A duration as people read it: "5 min", "1 h 30 min", "250 ms"; two units at most. */
export function formatDuration(durationMs: number): string {
  const wholeMs = Math.round(durationMs);
  const first = units.findIndex(([, unitMs]) => wholeMs >= unitMs);
  if (first < 0) return `${wholeMs} ms`;
  const [name, unitMs] = units[first]!;
  const count = Math.floor(wholeMs / unitMs);
  const next = units[first + 1];
  const left = next === undefined ? 0 : Math.floor((wholeMs % unitMs) / next[1]);
  if (next !== undefined) return left === 0 ? `${count} ${name}` : `${count} ${name} ${left} ${next[0]}`;
  return `${Number((wholeMs / unitMs).toFixed(1))} ${name}`;
}
