/**
 * The agent's spool: ticks not yet acknowledged, in one SQLite file, and what the main loop needs beside the `Spool` port.
 *
 * Each change is one transaction, on the disk when the call returns (appended ticks and acks after `commitMs`, where
 * that is set). What the disk does is weather (`spool/disk.ts`): a tick that cannot be committed gets no seq, and while
 * the file cannot be read at all, the streams are answered as last seen and hold nothing to read.
 *
 * A seq once given out is never given out again, whatever becomes of the file: `#promised` is compared with the file
 * before every change, and what the file lacks becomes a gap `damaged`.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { assert, ConfigError } from '#core/errors.ts';
import { spoolBytesMin } from '#core/limits.ts';
import type { GapReason, Id128 } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import type { Item, ReadLimits, Spool, SpoolStream } from '#core/stream/item.ts';
import { type ChangeOptions, SpoolDisk, type SpoolLog } from './spool/disk.ts';
import type { NewTick, SpoolFile } from './spool/spool-file.ts';
import type { StreamStart } from './spool/stream-state.ts';

const noHub = { hubId: null, token: null, old: null };
const spoolBytesDefault = 1024 * 1024 * 1024;

export interface SpoolOptions {
  readonly file: string;
  /** Bytes that the file, its WAL and its ballast may take. Default: 1 GiB or a quarter of the free space, whichever is less. */
  readonly bytesMax?: number | undefined;
  /** 0, the default: each tick is committed by itself. Else ticks are, together, this long after the first. */
  readonly commitMs?: number | undefined;
  /** Keeps acknowledged ticks until room is needed. Default false. */
  readonly keepAcked?: boolean | undefined;
  /** Ties the file to a machine: another machine's spool is refused. Default: no machine. */
  readonly machineId?: string | undefined;
  readonly log: SpoolLog;
  readonly nowMs: () => number;
  /** The agent id of a new spool: 32 hex digits. Default: random. */
  readonly newAgentId?: Id128 | undefined;
}

export interface SpoolIdentity {
  readonly agentId: Id128;
  /** The hub whose acks are believed; null before the first. */
  readonly hubId: Id128 | null;
  readonly token: string | null;
  /** What it was known by before, until the hub has accepted what it is known by now; null when there is none. */
  readonly old: { readonly agentId: Id128; readonly token: string } | null;
}

export interface SpoolCounters {
  readonly bytes: number;
  readonly bytesMax: number;
  readonly heldTicks: number;
  /** Gaps held now, by reason. */
  readonly gapCounts: Readonly<Partial<Record<GapReason, number>>>;
  /** Ticks given up since the start of the process, by reason. */
  readonly lostTicks: Readonly<Partial<Record<GapReason, number>>>;
  /** Ticks that could not be committed and got no seq. */
  readonly uncommittedTicks: number;
  readonly diskErrors: number;
  readonly salvages: number;
}

/**
 * Opens or makes the spool. Trouble of the disk is no error: the spool then has `durability` 'none' and tries again by
 * itself. Throws ConfigError when another process has it, or when it belongs to another machine or a newer version.
 */
export function openSpool(options: SpoolOptions): SqliteSpool {
  return new SqliteSpool(options);
}

export class SqliteSpool implements Spool {
  readonly #options: SpoolOptions;
  readonly #disk: SpoolDisk;
  #bytesMax: number;
  #isShrinking: boolean;
  readonly #commitMs: number;
  #commitAtMs = Number.POSITIVE_INFINITY;
  #identity: SpoolIdentity;
  #layout: { readonly id: LayoutId; readonly bytes: Uint8Array } | null = null;
  #current: StreamStart | null = null;
  /** Seqs of the current stream below `next` are given out. */
  #promised = { next: 1, lastMs: 0 };
  /** The streams as they were when the file was last given up. */
  #seen: readonly SpoolStream[] = [];
  readonly #lostTicks: Partial<Record<GapReason, number>> = {};
  #uncommittedTicks = 0;

  constructor(options: SpoolOptions) {
    const { file: path, log, nowMs, keepAcked = false } = options;
    this.#options = options;
    this.#commitMs = options.commitMs ?? 0;
    this.#bytesMax = options.bytesMax ?? defaultBytesMax(path);
    if (this.#bytesMax < spoolBytesMin) {
      throw new ConfigError([
        `Cannot open spool ${JSON.stringify(path)}: at least ${spoolBytesMin} bytes are needed: got ${this.#bytesMax}`,
      ]);
    }
    this.#identity = { agentId: options.newAgentId ?? randomBytes(16).toString('hex'), ...noHub };
    this.#disk = new SpoolDisk({
      ...{ path, bytesMax: this.#bytesMax, keepAcked, log, nowMs },
      onLost: (reason, tickCount) => {
        this.#lostTicks[reason] = (this.#lostTicks[reason] ?? 0) + tickCount;
      },
      onOpen: (file) => this.#reconcile(file),
      onGiveUp: (file) => {
        this.#seen = file.streams();
      },
    });
    if (!keepAcked) this.#forgetAcked();
    this.#isShrinking = this.#disk.isOversized;
  }

  /** 'none': the disk takes nothing; ticks go out as `live` only. When it turns to 'disk' again, the link says hello anew. */
  get durability(): 'disk' | 'none' {
    return this.#disk.durability;
  }

  /** Who this agent is. Not kept while the disk takes nothing; an id that the file has wins once it can be read. */
  get identity(): SpoolIdentity {
    return this.#identity;
  }

  /** Remembers the hub whose acks are believed, and the token it gave. */
  setHub(hub: { readonly hubId: Id128 | null; readonly token: string | null }): void {
    const { agentId } = this.#identity;
    const old = hub.token === this.#identity.token ? this.#identity.old : null;
    this.#identity = { agentId, hubId: hub.hubId, token: hub.token, old };
    this.#change((file) => this.#writeIdentity(file), { ballast: true });
  }

  /** Takes another identity, if the disk takes it: else this one stays, and the answer is false. */
  setIdentity(identity: SpoolIdentity): boolean {
    const before = this.#identity;
    this.#identity = identity;
    const isKept = this.#change((file) => this.#writeIdentity(file), { ballast: true }) && this.durability === 'disk';
    if (!isKept) this.#identity = before;
    return isKept;
  }

  /** Begins a new current stream at seq 1. The one before only drains from now on. */
  openEpoch(start: StreamStart): void {
    assert(this.stream(start.epoch) === null, 'an epoch is opened once');
    this.commit();
    const opened = this.#disk.change((file) => file.openStream(start), { ballast: true });
    this.#current = start;
    this.#promised = { next: 1, lastMs: start.startWallMs };
    const empty = { oldest: 1, next: 1, acked: 0, ackedCrc: null, gapTicks: 0 };
    if (!opened) this.#seen = [...this.streams(), { ...start, ...empty }];
  }

  /** Names the layout of the ticks that follow: to be called at each change, before the first tick that uses it. */
  addLayout(id: LayoutId, bytes: Uint8Array): void {
    if (this.#layout?.id === id) return;
    this.#layout = { id, bytes };
    this.#change((file) => file.addLayout(id, bytes));
  }

  /** Commits one tick. Returns its seq, or null when the disk did not take it: then it has none, and goes out as `live`. */
  append(tick: NewTick): number | null {
    assert(this.#current !== null, 'an epoch is open');
    assert(this.#layout?.id === tick.layoutId, 'a layout is added before the first tick that uses it');
    const seq = this.#appendToDisk(this.#current.epoch, tick);
    if (seq === null) this.#uncommittedTicks += 1;
    return seq;
  }

  /** From now on it may take so many bytes; null: the default. What it holds above them goes with the next `shrink`s. */
  changeBytesMax(bytesMax: number | null): void {
    const bytes = bytesMax ?? defaultBytesMax(this.#options.file);
    assert(bytes >= spoolBytesMin, 'settings are checked before they are applied');
    if (bytes === this.#bytesMax) return;
    this.commit();
    this.#bytesMax = bytes;
    this.#disk.changeBytesMax(bytes);
    this.#isShrinking = this.#disk.isOversized;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** Does a part of the work that a smaller size makes: to be called after each tick. */
  shrink(): void {
    if (!this.#isShrinking) return;
    this.#disk.shrink();
    this.#isShrinking = this.#disk.isOversized;
  }

  /** With `commitMs`: commits what is due. To be called about as often as that, also when no ticks come. */
  commitDue(nowMs: number): void {
    if (nowMs >= this.#commitAtMs) this.commit();
  }

  /** Commits what was appended and not yet committed. */
  commit(): void {
    if (this.#disk.inTransaction) this.#change(() => undefined);
  }

  streams(): readonly SpoolStream[] {
    const streams = this.#disk.file?.streams() ?? this.#seen;
    // A disk that was full when the epoch began has yet to hear of it.
    if (this.#current === null || streams.at(-1)?.epoch === this.#current.epoch) return streams;
    return [...streams, ...this.#seen.filter((stream) => stream.epoch === this.#current?.epoch)];
  }

  stream(epoch: Id128): SpoolStream | null {
    return this.#disk.file?.stream(epoch) ?? this.streams().find((stream) => stream.epoch === epoch) ?? null;
  }

  /** As the port says; empty also while the file cannot be read. What turns out to be damaged becomes a gap. */
  read(epoch: Id128, fromSeq: number, limits: ReadLimits): readonly Item[] {
    const readItems = (file: SpoolFile): Item[] =>
      file.nextOf(epoch) === null ? [] : file.read(epoch, fromSeq, limits);
    const items = this.#disk.look(readItems) ?? [];
    const next = this.#disk.file?.nextOf(epoch) ?? null;
    if (items.length > 0 || next === null || fromSeq >= next) return items;
    this.#change((file) => void file.coverDamage(epoch, fromSeq), { ballast: true });
    return this.#disk.look(readItems) ?? [];
  }

  layout(id: LayoutId): Uint8Array | null {
    return this.#disk.look((file) => file.layout(id)) ?? (this.#layout?.id === id ? this.#layout.bytes : null);
  }

  acknowledge(epoch: Id128, seq: number, gapTicks: number): void {
    const options = { open: this.#disk.inTransaction, ballast: true };
    assert(this.stream(epoch) !== null, 'the spool knows the epoch');
    let isMore = true;
    const acknowledge = (file: SpoolFile): void => {
      isMore = file.acknowledge(epoch, seq, gapTicks);
    };
    while (isMore && this.#disk.file !== null && this.stream(epoch) !== null) {
      isMore = false;
      if (!this.#changeStream(epoch, acknowledge, options)) break;
      if (!isMore) return;
    }
    // Written when the file is opened anew.
    this.#seen = this.#seen.map((stream) =>
      stream.epoch === epoch && seq > stream.acked ? { ...stream, acked: seq, ackedCrc: null, gapTicks } : stream,
    );
  }

  rewind(epoch: Id128, seq: number, reason: GapReason): void {
    this.#changeStream(epoch, (file) => file.rewind(epoch, seq, reason), { ballast: true });
  }

  putGap(
    epoch: Id128,
    range: { readonly firstSeq: number; readonly lastSeq: number; readonly reason: GapReason },
  ): void {
    this.#changeStream(epoch, (file) => file.putGap(epoch, range), { ballast: true });
  }

  rehome(epoch: Id128, seqs: readonly number[]): void {
    if (!this.#changeStream(epoch, (file) => file.rehome(epoch, seqs), { ballast: true })) return;
    this.#promise(this.#promised.lastMs);
  }

  /** For the metrics: some of it is asked of the file, so not for each tick. */
  counters(): SpoolCounters {
    const gapCounts: Partial<Record<GapReason, number>> = {};
    for (const { reason, count } of this.#disk.look((file) => file.gaps()) ?? []) gapCounts[reason] = count;
    return {
      bytes: this.#disk.bytes,
      bytesMax: this.#bytesMax,
      heldTicks: this.#disk.file?.heldTicks ?? 0,
      gapCounts,
      lostTicks: { ...this.#lostTicks },
      uncommittedTicks: this.#uncommittedTicks,
      diskErrors: this.#disk.errorCount,
      salvages: this.#disk.salvageCount,
    };
  }

  /** Commits, moves the WAL into the file, and marks it as cleanly ended. */
  close(): void {
    this.commit();
    this.#disk.close();
  }

  #appendToDisk(epoch: Id128, tick: NewTick): number | null {
    const nowMs = this.#options.nowMs();
    if (!this.#disk.retry(nowMs)) return null;
    const expected = this.#promised.next;
    // After trouble a tick must be seen to reach the disk before the disk counts as well again.
    const open = this.#commitMs > 0 && this.durability === 'disk';
    let seq: number | null = null;
    const insert = (file: SpoolFile): void => {
      // At a second try: the commit that failed may have reached the disk after all.
      seq = file.nextOf(epoch) === expected + 1 ? expected : file.append(tick);
    };
    if (!this.#change(insert, { open }) || seq === null) return null;
    this.#promise(tick.timeMs);
    if (!open) this.#disk.settle();
    else if (this.#commitAtMs === Number.POSITIVE_INFINITY) this.#commitAtMs = nowMs + this.#commitMs;
    this.commitDue(nowMs);
    return seq;
  }

  /** Forgets what an earlier process acknowledged and had no time to forget, or kept. */
  #forgetAcked(): void {
    for (const { epoch, oldest, acked, gapTicks } of this.streams()) {
      if (oldest <= acked) this.acknowledge(epoch, acked, gapTicks);
    }
  }

  /** Notes that all seqs of the current stream so far are given out. */
  #promise(lastMs: number): void {
    const next = this.#current === null ? null : (this.#disk.file?.nextOf(this.#current.epoch) ?? null);
    if (next !== null) this.#promised = { next, lastMs };
  }

  /** As `#change`, for a stream that the caller knows: it may be one that the file has lost. */
  #changeStream(epoch: Id128, change: (file: SpoolFile) => void, options: ChangeOptions): boolean {
    assert(this.stream(epoch) !== null, 'the spool knows the epoch');
    const changeIfThere = (file: SpoolFile): void => {
      if (file.nextOf(epoch) !== null) change(file);
    };
    return this.#change(changeIfThere, options);
  }

  /** Runs a change on the file, once that knows of every seq given out. Without `open`, all is committed after it. */
  #change(change: (file: SpoolFile) => void, options: ChangeOptions = {}): boolean {
    const caughtUp = (file: SpoolFile): void => {
      this.#catchUp(file);
      change(file);
    };
    const done = this.#disk.change(caughtUp, options);
    if (!this.#disk.inTransaction) this.#commitAtMs = Number.POSITIVE_INFINITY;
    return done;
  }

  /** Makes the file know the current stream and its seqs, which a lost transaction or a damage may have taken. */
  #catchUp(file: SpoolFile): void {
    if (this.#current === null) return;
    const { epoch } = this.#current;
    const { next, lastMs } = this.#promised;
    const known = file.nextOf(epoch);
    if (known !== null && known >= next) return;
    if (known === null) file.openStream(this.#current, this.#seen.find((stream) => stream.epoch === epoch)?.acked ?? 0);
    file.skipTo(epoch, next, lastMs);
  }

  /** The file is open, for the first time or again: settles whose it is, and writes what the process knows better. */
  #reconcile(file: SpoolFile): void {
    const { machineId, file: path } = this.#options;
    const machine = file.meta('machineId');
    if (machineId !== undefined && machine !== null && machine !== machineId) {
      throw new ConfigError([
        `Cannot use spool ${JSON.stringify(path)}: it must have been made on this machine (${machineId}), move it away to start a new one: got one of ${machine}`,
      ]);
    }
    if (machineId !== undefined) file.setMeta('machineId', machineId);
    this.#identity = {
      agentId: file.meta('agentId') ?? this.#identity.agentId,
      hubId: this.#identity.hubId ?? file.meta('hubId'),
      token: this.#identity.token ?? file.meta('token'),
      old: this.#identity.old ?? oldOf(file),
    };
    this.#writeIdentity(file);
    if (this.#layout !== null) file.addLayout(this.#layout.id, this.#layout.bytes);
    this.#catchUp(file);
    for (const { epoch, acked, gapTicks } of this.#seen) {
      const stream = file.stream(epoch);
      if (stream !== null && acked > stream.acked) file.acknowledge(epoch, Math.min(acked, stream.next - 1), gapTicks);
    }
  }

  #writeIdentity(file: SpoolFile): void {
    file.setMeta('agentId', this.#identity.agentId);
    file.setMeta('hubId', this.#identity.hubId);
    file.setMeta('token', this.#identity.token);
    file.setMeta('oldAgentId', this.#identity.old?.agentId ?? null);
    file.setMeta('oldToken', this.#identity.old?.token ?? null);
  }
}

/** Half of what the disk has for the spool: what it takes now and what is free. No bound where the disk cannot be asked. */
export function spoolRoomOf(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    const own = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return Math.floor((bavail * bsize + own) / 2);
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

function oldOf(file: SpoolFile): SpoolIdentity['old'] {
  const agentId = file.meta('oldAgentId');
  const token = file.meta('oldToken');
  return agentId === null || token === null ? null : { agentId, token };
}

function defaultBytesMax(path: string): number {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = statfsSync(folder);
    const own = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return Math.max(spoolBytesMin, Math.min(spoolBytesDefault, Math.floor((bavail * bsize + own) / 4)));
  } catch {
    // A folder that cannot be made is the weather of the first opening, not of this figure.
    return spoolBytesDefault;
  }
}
