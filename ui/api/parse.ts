/**
 * Small readers for JSON that came from the hub: each gives a value of the type that is wanted, or says that there is
 * none. A hub of another version, or a proxy, must not break the page.
 */

export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(entriesOf(value));
}

/** Entries of an object; none for anything else. */
export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item): item is string => typeof item === 'string');
}

/** Those entries of an object that are texts: tags, labels, facts. */
export function textRecordOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    entriesOf(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Epoch seconds, as REST has them, in ms. */
export function msOf(seconds: unknown): number | null {
  const number = numberOf(seconds);
  return number === null ? null : number * 1_000;
}

/** That one of `words` that the value is. */
export function wordOf<Word extends string>(words: readonly Word[], value: unknown): Word | null {
  return words.find((word) => word === value) ?? null;
}
