/**
 * Rows in the text format of COPY, made into one array literal of the table's row type: `unnest($1::table[])` gives
 * them back with every type read by its own input function, whatever the columns are. Pure.
 *
 * Sources: PostgreSQL manual, COPY "Text Format"; 8.15.6 "Array Input and Output Syntax"; 8.16.6 "Composite Type Input
 * and Output Syntax".
 */
import { DecodeError } from '#core/errors.ts';

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The values of one line, without its line feed; null for SQL's null. Throws DecodeError when their number is another. */
export function parseCopyLine(line: string, columnCount: number): (string | null)[] {
  // A table without columns has rows all the same: empty lines.
  const fields = columnCount === 0 && line === '' ? [] : line.split('\t');
  if (fields.length !== columnCount)
    throw new DecodeError(`Cannot read row: it must have ${columnCount} values: got ${fields.length}`);
  return fields.map(unescapeField);
}

function unescapeField(field: string): string | null {
  if (!field.includes('\\')) return field;
  if (field === '\\N') return null;
  return field.replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
}

/** One element of the array literal: a row, quoted twice. */
export function formatRowElement(values: readonly (string | null)[]): string {
  let row = '(';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) row += ',';
    const value = values[index]!;
    if (value !== null) row += `"${escapeQuotes(value)}"`;
  }
  return `"${escapeQuotes(`${row})`)}"`;
}

function escapeQuotes(text: string): string {
  return /["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text;
}
