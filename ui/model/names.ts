/** Order of names for people, and what a metric's name tells of its unit. */
const collator = new Intl.Collator('en', { numeric: true });

/** web-2 before web-10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b);
}

/**
 * A text by which names sort as people expect (web-2 before web-10, whatever the case) with a plain `<`: made once a
 * name, it sorts thousands in milliseconds.
 */
export function sortKeyOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(16, '0'));
}

const unitEndings = [
  ['_percent', 'percent'],
  ['_bytes_per_sec', 'bytes/s'],
  ['_per_sec', '1/s'],
  ['_bytes', 'bytes'],
  ['_ms', 'ms'],
  ['_seconds', 's'],
  ['_celsius', 'celsius'],
] as const;

/** Unit of a series that came without its layout, by the ending of its name; '' when that says nothing. */
export function unitOfKey(key: string): string {
  const name = key.split('{', 1)[0]!;
  return unitEndings.find(([ending]) => name.endsWith(ending))?.[1] ?? '';
}
