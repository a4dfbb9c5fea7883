/**
 * The fields of one message, read in order and strictly: the first that is not of its type, out of its range or
 * missing ends the connection with a code and a reason. Also the small conversions between a field's type in
 * TypeScript and on the wire: ids are bins, names with values are flat lists, texts are well formed.
 */
import { ProtocolError } from './errors.ts';
import { seqMax } from './limits.ts';
import { wellFormed } from './utf8.ts';

/** Takes the fields of one message in order and refuses the first that is not of its type. */
export class MessageFields {
  readonly #values: readonly unknown[];
  #index = 0;

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#index !== this.#values.length) throw this.#wrong(`${this.#index} elements`, this.#values.length);
  }

  whole(): number {
    const value = this.next();
    // + 0 makes 0 of −0, which another encoder may send.
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < seqMax) return value + 0;
    throw this.#wrong('a whole number in 0..2^52', value);
  }

  /** A whole number from 1. A number that cannot be a seq is told apart from another type. */
  seq(): number {
    const value = this.next();
    if (typeof value !== 'number') throw this.#wrong('a seq', value);
    if (Number.isInteger(value) && value >= 1 && value < seqMax) return value;
    throw new ProtocolError('ERR_SEQ_RANGE', `Cannot decode message: a seq lies in 1..2^52: got ${value}`);
  }

  finite(): number {
    const value = this.next();
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#wrong('a finite number', value);
  }

  /** Text without NUL, which PostgreSQL cannot hold. */
  text(lengthMax: number): string {
    const value = this.next();
    if (typeof value === 'string' && value.length <= lengthMax && !value.includes('\u0000')) return value;
    throw this.#wrong(`a text of at most ${lengthMax} characters without NUL`, value);
  }

  bytes(): Uint8Array {
    const value = this.next();
    if (value instanceof Uint8Array) return value;
    throw this.#wrong('a bin', value);
  }

  /** A bin of `count` bytes as hex. */
  id(count: number): string {
    const value = this.next();
    if (value instanceof Uint8Array && value.length === count) return hexOf(value);
    throw this.#wrong(`a bin of ${count} bytes`, value);
  }

  oneOf<T extends string>(names: readonly T[]): T {
    const value = this.next();
    const name = typeof value === 'number' ? names[value] : undefined;
    if (name !== undefined) return name;
    throw this.#wrong(`a number in 0..${names.length - 1}`, value);
  }

  /** 0 or 1. */
  flag(): boolean {
    const value = this.next();
    if (value === 0 || value === 1) return value === 1;
    throw this.#wrong('0 or 1', value);
  }

  orNull<T>(read: () => T): T | null {
    if (this.#values[this.#index] !== null) return read();
    this.#index += 1;
    return null;
  }

  list<T>(countMax: number, read: (fields: MessageFields) => T): T[] {
    const value = this.next();
    if (!Array.isArray(value) || value.length > countMax) throw this.#wrong(`a list of at most ${countMax}`, value);
    const fields = new MessageFields(value);
    const items: T[] = [];
    while (fields.#index < value.length) items.push(read(fields));
    return items;
  }

  /** An element that is itself a list of fields. */
  group<T>(read: (fields: MessageFields) => T): T {
    const value = this.next();
    if (!Array.isArray(value)) throw this.#wrong('a list', value);
    const fields = new MessageFields(value);
    const result = read(fields);
    fields.end();
    return result;
  }

  /** Name and value by turns, as an object without prototype. */
  record(countMax: number): Record<string, string> {
    const texts = this.list(countMax * 2, (fields) => fields.text(1_000));
    if (texts.length % 2 !== 0) throw this.#wrong('names and values by turns', texts.length);
    const record: Record<string, string> = Object.create(null);
    for (let index = 0; index < texts.length; index += 2) record[texts[index]!] = texts[index + 1]!;
    return record;
  }

  /** The next field as it came. */
  next(): unknown {
    if (this.#index >= this.#values.length) throw this.#wrong('another element', 'the end');
    const value = this.#values[this.#index];
    this.#index += 1;
    return value;
  }

  #wrong(wanted: string, got: unknown): ProtocolError {
    return new ProtocolError(
      'ERR_MESSAGE_SHAPE',
      `Cannot decode message: element ${this.#index} must be ${wanted}: got ${shown(got)}`,
    );
  }
}

/** Names and values by turns: maps are refused on the wire. */
export function flatOf(record: Readonly<Record<string, string>>): string[] {
  return Object.entries(record).flat().map(wellFormed);
}

/** The bytes of an id, which is lower-case hex. */
export function bytesOfId(id: string): Uint8Array {
  const bytes = new Uint8Array(id.length / 2);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = Number.parseInt(id.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}

function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

/** A refused value for an error text: short, quoted, never the whole content. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `a bin of ${value.length} bytes`;
  return String(value);
}
