/**
 * Messages to bytes and back: the only place that knows msgpack's library and the shape of each message.
 *
 * Each message is an array: its kind, then its fields in the order of `message.ts`. Texts with names
 * (tags, facts) travel as flat lists, since maps are refused altogether. A decoder checks size, then the
 * bytes (`msgpack-guard.ts`), then each field: nothing is sized by a number that a peer sent, and the
 * first wrong field ends the connection with a code and a reason.
 */
import { Packr, Unpackr } from 'msgpackr';
import { ProtocolError } from './errors.ts';
import { decodeTickMessage, encodeTickMessage, isTickMessage } from './frame-codec.ts';
import { bulkMessageBytesMax, liveMessageBytesMax, seqMax, streamsPerHelloMax } from './limits.ts';
import {
  type FromAgent,
  type FromViewer,
  gapReasons,
  type HostRow,
  hostStates,
  type Message,
  type MessageKind,
  messageKinds,
  nackCodes,
  type StreamAnswer,
  type StreamOffer,
  storageStates,
  type ToAgent,
  type TopRow,
  type ToViewer,
} from './message.ts';
import { checkMessageBytes } from './msgpack-guard.ts';

const packr = new Packr({ useRecords: false, structuredClone: false });
const unpackr = new Unpackr({ useRecords: false, structuredClone: false, mapsAsObjects: false, int64AsType: 'number' });

/** The caller owns the result. */
export function encodeMessage(message: Message): Uint8Array {
  if (message.kind === 'frame' || message.kind === 'live' || message.kind === 'tick') return encodeTickMessage(message);
  return packr.pack([messageKinds[message.kind], ...fieldsOf(message)]);
}

/** Decodes what an agent sent. Byte fields are views into `bytes`. Throws ProtocolError. */
export function decodeFromAgent(bytes: Uint8Array): FromAgent {
  const message = decode(bytes);
  if (isOneOf(message, fromAgentKinds)) return message as FromAgent;
  throw unexpected(message.kind, 'an agent');
}

/** Decodes what a hub sent to an agent. Byte fields are views into `bytes`. Throws ProtocolError. */
export function decodeToAgent(bytes: Uint8Array): ToAgent {
  const message = decode(bytes);
  if (isOneOf(message, toAgentKinds)) return message as ToAgent;
  throw unexpected(message.kind, 'a hub');
}

/** Decodes what a viewer sent. Throws ProtocolError. */
export function decodeFromViewer(bytes: Uint8Array): FromViewer {
  const message = decode(bytes);
  if (isOneOf(message, fromViewerKinds)) return message as FromViewer;
  throw unexpected(message.kind, 'a viewer');
}

/** Decodes what a hub sent to a viewer. Byte fields are views into `bytes`. Throws ProtocolError. */
export function decodeToViewer(bytes: Uint8Array): ToViewer {
  const message = decode(bytes);
  if (isOneOf(message, toViewerKinds)) return message as ToViewer;
  throw unexpected(message.kind, 'a hub');
}

const fromAgentKinds: ReadonlySet<MessageKind> = new Set([
  'hello',
  'stream',
  'layout',
  'frame',
  'replay',
  'live',
  'top',
  'gap',
  'bye',
  'verify',
]);
const toAgentKinds: ReadonlySet<MessageKind> = new Set(['welcome', 'ack', 'nack', 'credit', 'config', 'checksums']);
const fromViewerKinds: ReadonlySet<MessageKind> = new Set(['subscribe', 'unsubscribe', 'watch']);
const toViewerKinds: ReadonlySet<MessageKind> = new Set([
  'layout',
  'snapshot',
  'tick',
  'overview',
  'status',
  'hosts',
  'processes',
]);

function isOneOf(message: Message, kinds: ReadonlySet<MessageKind>): boolean {
  return kinds.has(message.kind);
}

function unexpected(kind: MessageKind, sender: string): ProtocolError {
  return new ProtocolError('ERR_MESSAGE_KIND', `Cannot accept message: ${sender} does not send "${kind}"`);
}

/** The fields of a message behind its kind, in wire order. */
function fieldsOf(message: Exclude<Message, { kind: 'frame' | 'live' | 'tick' }>): unknown[] {
  switch (message.kind) {
    case 'hello':
      return [
        message.version,
        bytesOfId(message.agentId),
        message.hostName,
        message.agentVersion,
        message.machineId,
        bytesOfId(message.bootId),
        message.wallMs,
        message.monotonicMs,
        flatOf(message.tags),
        flatOf(message.facts),
        message.hubId === null ? null : bytesOfId(message.hubId),
        message.streams.map(fieldsOfOffer),
      ];
    case 'stream':
      return [message.streams.map(fieldsOfOffer)];
    case 'welcome':
      return [
        bytesOfId(message.hubId),
        message.hubVersion,
        message.hostName,
        message.token,
        message.creditBytes,
        message.seriesMax,
        message.nowMs,
        message.streams === null ? null : message.streams.map(fieldsOfAnswer),
      ];
    case 'layout':
      return [bytesOfId(message.layoutId), message.page, message.pageCount, message.bytes];
    case 'replay':
      return [
        message.ordinal,
        message.firstSeq,
        message.tickCount,
        bytesOfId(message.layoutId),
        message.inflatedBytes,
        message.block,
      ];
    case 'top':
      return [message.atMs, message.processes.map(fieldsOfTop)];
    case 'ack':
      return [message.ordinal, message.storedSeq, message.gapTicks];
    case 'nack':
      return [message.ordinal, nackCodes.indexOf(message.code), message.seq, message.why];
    case 'gap':
      return [
        message.ordinal,
        message.firstSeq,
        message.lastSeq,
        gapReasons.indexOf(message.reason),
        message.fromMs,
        message.toMs,
      ];
    case 'credit':
      return [message.bytes];
    case 'config':
      return [message.intervalMs];
    case 'bye':
      return [];
    case 'verify':
      return [message.ordinal, message.firstSeq, message.count];
    case 'checksums':
      return [message.ordinal, message.firstSeq, message.checksums];
    case 'subscribe':
      return [message.hostIds, message.windowMs];
    case 'unsubscribe':
      return [message.hostIds];
    case 'watch':
      return [message.keys, message.hostIds];
    case 'snapshot':
      return [
        message.hostId,
        message.page,
        message.pageCount,
        message.ordinal,
        bytesOfId(message.layoutId),
        message.tickCount,
        message.block,
      ];
    case 'overview':
      return [message.nowMs, message.hostIds, message.timesMs, message.values];
    case 'status':
      return [
        message.nowMs,
        storageStates.indexOf(message.storage),
        message.unstoredMs,
        message.hostCount,
        message.connectedCount,
        message.viewerCount,
        message.samplesPerSec,
      ];
    case 'hosts':
      return [message.hosts.map(fieldsOfHost), message.removed];
    case 'processes':
      return [message.hostId, message.atMs, message.processes.map(fieldsOfTop)];
  }
}

/** Decodes one message of any kind. */
function decode(bytes: Uint8Array): Message {
  if (isTickMessage(bytes)) {
    checkSize(bytes, liveMessageBytesMax);
    return decodeTickMessage(bytes);
  }
  checkSize(bytes, bulkMessageBytesMax);
  checkMessageBytes(bytes);
  const fields = new Fields(unpackr.unpack(bytes) as unknown[]);
  const message = fields.message();
  fields.end();
  return message;
}

function checkSize(bytes: Uint8Array, bytesMax: number): void {
  if (bytes.byteLength <= bytesMax) return;
  throw new ProtocolError(
    'ERR_MESSAGE_TOO_LARGE',
    `Cannot decode message: at most ${bytesMax} bytes are allowed: got ${bytes.byteLength}`,
  );
}

const kindsByNumber = new Map<unknown, MessageKind>(
  Object.entries(messageKinds).map(([kind, number]) => [number, kind as MessageKind]),
);

/** Takes the fields of one message in order and refuses the first that is not of its type. */
class Fields {
  readonly #values: readonly unknown[];
  #index = 0;

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  /** The whole message: its kind, then the fields of that kind. */
  message(): Message {
    const number = this.#next();
    const kind = kindsByNumber.get(number);
    if (kind === undefined) {
      throw new ProtocolError('ERR_MESSAGE_KIND', `Cannot decode message: the kind is not known: got ${shown(number)}`);
    }
    switch (kind) {
      case 'hello': {
        const version = this.whole();
        // Checked before the other fields: another version may have other fields.
        if (version !== 1) {
          throw new ProtocolError(
            'ERR_VERSION_UNSUPPORTED',
            `Cannot accept hello: this hub speaks version 1: got ${version}`,
          );
        }
        return {
          kind,
          version,
          agentId: this.id(16),
          hostName: this.text(255),
          agentVersion: this.text(100),
          machineId: this.text(100),
          bootId: this.id(16),
          wallMs: this.finite(),
          monotonicMs: this.finite(),
          tags: this.record(64),
          facts: this.record(64),
          hubId: this.orNull(() => this.id(16)),
          streams: this.list(streamsPerHelloMax, offerOf),
        };
      }
      case 'stream':
        return { kind, streams: this.list(streamsPerHelloMax, offerOf) };
      case 'welcome':
        return {
          kind,
          hubId: this.id(16),
          hubVersion: this.text(100),
          hostName: this.text(255),
          token: this.orNull(() => this.text(200)),
          creditBytes: this.whole(),
          seriesMax: this.whole(),
          nowMs: this.finite(),
          streams: this.orNull(() => this.list(streamsPerHelloMax, answerOf)),
        };
      case 'layout':
        return { kind, layoutId: this.id(8), page: this.whole(), pageCount: this.whole(), bytes: this.bytes() };
      case 'replay':
        return {
          kind,
          ordinal: this.whole(),
          firstSeq: this.seq(),
          tickCount: this.whole(),
          layoutId: this.id(8),
          inflatedBytes: this.whole(),
          block: this.bytes(),
        };
      case 'top':
        return { kind, atMs: this.finite(), processes: this.list(16, topOf) };
      case 'ack':
        return { kind, ordinal: this.whole(), storedSeq: this.whole(), gapTicks: this.whole() };
      case 'nack':
        return { kind, ordinal: this.whole(), code: this.oneOf(nackCodes), seq: this.seq(), why: this.text(500) };
      case 'gap':
        return {
          kind,
          ordinal: this.whole(),
          firstSeq: this.seq(),
          lastSeq: this.seq(),
          reason: this.oneOf(gapReasons),
          fromMs: this.finite(),
          toMs: this.finite(),
        };
      case 'credit':
        return { kind, bytes: this.whole() };
      case 'config':
        return { kind, intervalMs: this.orNull(() => this.whole()) };
      case 'bye':
        return { kind };
      case 'verify':
        return { kind, ordinal: this.whole(), firstSeq: this.seq(), count: this.whole() };
      case 'checksums':
        return { kind, ordinal: this.whole(), firstSeq: this.seq(), checksums: this.bytes() };
      case 'subscribe':
        return { kind, hostIds: this.list(1_000, wholeOf), windowMs: this.finite() };
      case 'unsubscribe':
        return { kind, hostIds: this.list(1_000, wholeOf) };
      case 'watch':
        return {
          kind,
          keys: this.list(64, (fields) => fields.text(1_100)),
          hostIds: this.orNull(() => this.list(4_000, wholeOf)),
        };
      case 'snapshot':
        return {
          kind,
          hostId: this.whole(),
          page: this.whole(),
          pageCount: this.whole(),
          ordinal: this.whole(),
          layoutId: this.id(8),
          tickCount: this.whole(),
          block: this.bytes(),
        };
      case 'overview':
        return { kind, nowMs: this.finite(), hostIds: this.bytes(), timesMs: this.bytes(), values: this.bytes() };
      case 'status':
        return {
          kind,
          nowMs: this.finite(),
          storage: this.oneOf(storageStates),
          unstoredMs: this.finite(),
          hostCount: this.whole(),
          connectedCount: this.whole(),
          viewerCount: this.whole(),
          samplesPerSec: this.finite(),
        };
      case 'hosts':
        return { kind, hosts: this.list(4_000, hostOf), removed: this.list(4_000, wholeOf) };
      case 'processes':
        return { kind, hostId: this.whole(), atMs: this.finite(), processes: this.list(16, topOf) };
      case 'frame':
      case 'live':
      case 'tick':
        // Their arrays have 6 or 7 elements, which `isTickMessage` has seen already.
        throw this.#wrong('6 elements (7 for a tick)', this.#values.length);
    }
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#index !== this.#values.length) throw this.#wrong(`${this.#index} elements`, this.#values.length);
  }

  whole(): number {
    const value = this.#next();
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < seqMax) return value;
    throw this.#wrong('a whole number in 0..2^52', value);
  }

  seq(): number {
    const value = this.whole();
    if (value > 0) return value;
    throw new ProtocolError('ERR_SEQ_RANGE', 'Cannot decode message: a seq is at least 1: got 0');
  }

  finite(): number {
    const value = this.#next();
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#wrong('a finite number', value);
  }

  /** Text without NUL, which PostgreSQL cannot hold. */
  text(lengthMax: number): string {
    const value = this.#next();
    if (typeof value === 'string' && value.length <= lengthMax && !value.includes('\u0000')) return value;
    throw this.#wrong(`a text of at most ${lengthMax} characters without NUL`, value);
  }

  bytes(): Uint8Array {
    const value = this.#next();
    if (value instanceof Uint8Array) return value;
    throw this.#wrong('a bin', value);
  }

  /** A bin of `count` bytes as hex. */
  id(count: number): string {
    const value = this.#next();
    if (value instanceof Uint8Array && value.length === count) return hexOf(value);
    throw this.#wrong(`a bin of ${count} bytes`, value);
  }

  oneOf<T extends string>(names: readonly T[]): T {
    const value = this.#next();
    const name = typeof value === 'number' ? names[value] : undefined;
    if (name !== undefined) return name;
    throw this.#wrong(`a number in 0..${names.length - 1}`, value);
  }

  orNull<T>(read: () => T): T | null {
    if (this.#values[this.#index] !== null) return read();
    this.#index += 1;
    return null;
  }

  list<T>(countMax: number, read: (fields: Fields) => T): T[] {
    const value = this.#next();
    if (!Array.isArray(value) || value.length > countMax) throw this.#wrong(`a list of at most ${countMax}`, value);
    const fields = new Fields(value);
    const items: T[] = [];
    while (fields.#index < value.length) items.push(read(fields));
    return items;
  }

  /** An element that is itself a list of fields. */
  group<T>(read: (fields: Fields) => T): T {
    const value = this.#next();
    if (!Array.isArray(value)) throw this.#wrong('a list', value);
    const fields = new Fields(value);
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

  #next(): unknown {
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

function offerOf(fields: Fields): StreamOffer {
  return fields.group((group) => ({
    epoch: group.id(16),
    bootId: group.id(16),
    startWallMs: group.finite(),
    startMonotonicMs: group.finite(),
    oldest: group.seq(),
    next: group.seq(),
    acked: group.whole(),
  }));
}

function fieldsOfOffer(offer: StreamOffer): unknown[] {
  return [
    bytesOfId(offer.epoch),
    bytesOfId(offer.bootId),
    offer.startWallMs,
    offer.startMonotonicMs,
    offer.oldest,
    offer.next,
    offer.acked,
  ];
}

function answerOf(fields: Fields): StreamAnswer {
  return fields.group((group) => ({
    epoch: group.id(16),
    ordinal: group.whole(),
    storedSeq: group.whole(),
    storedCrc: group.orNull(() => group.whole()),
    gapTicks: group.whole(),
  }));
}

function fieldsOfAnswer(answer: StreamAnswer): unknown[] {
  return [bytesOfId(answer.epoch), answer.ordinal, answer.storedSeq, answer.storedCrc, answer.gapTicks];
}

function topOf(fields: Fields): TopRow {
  return fields.group((group) => ({
    pid: group.whole(),
    name: group.text(100),
    cpuPercent: group.finite(),
    memoryBytes: group.finite(),
    user: group.text(100),
  }));
}

function fieldsOfTop(row: TopRow): unknown[] {
  return [row.pid, row.name, row.cpuPercent, row.memoryBytes, row.user];
}

function hostOf(fields: Fields): HostRow {
  return fields.group((group) => ({
    hostId: group.whole(),
    name: group.text(255),
    state: group.oneOf(hostStates),
    intervalMs: group.whole(),
    lastMs: group.finite(),
    tags: group.record(64),
    facts: group.record(64),
  }));
}

function fieldsOfHost(host: HostRow): unknown[] {
  return [
    host.hostId,
    host.name,
    hostStates.indexOf(host.state),
    host.intervalMs,
    host.lastMs,
    flatOf(host.tags),
    flatOf(host.facts),
  ];
}

function wholeOf(fields: Fields): number {
  return fields.whole();
}

function flatOf(record: Readonly<Record<string, string>>): string[] {
  return Object.entries(record).flat();
}

function bytesOfId(id: string): Uint8Array {
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
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `a bin of ${value.length} bytes`;
  return String(value);
}
