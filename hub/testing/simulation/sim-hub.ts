/**
 * One simulated hub process: the real intake and sessions, over simulated sockets and a simulated storage thread.
 * What the edges of the real hub do (refusing a second clone, asking the database again, closing on a breach) is done
 * here in their place.
 */
import { createHash } from 'node:crypto';
import { decodeFromAgent } from '#core/codec.ts';
import { assert, ProtocolError } from '#core/errors.ts';
import type { Hello, ToAgent } from '#core/message.ts';
import { AgentSession, type Credential } from '../../intake/agent-session.ts';
import type { OfferedStream } from '../../intake/clock-shift.ts';
import type { StreamEntry } from '../../intake/host-intake.ts';
import { Intake, type IntakeSettings } from '../../intake/intake.ts';
import type { SimDatabase } from './sim-database.ts';
import type { ConnectionEnd, SimConnection } from './sim-network.ts';
import { SimStorageThread, type StorageThreadOptions } from './sim-storage-thread.ts';
import type { World } from './world.ts';

export interface SimHubOptions {
  readonly intake: IntakeSettings;
  readonly storage: StorageThreadOptions;
  /** Stands in for the real credit, which is far above what these small worlds send. */
  readonly creditBytes: number;
}

/** Bytes that may come in between the moment the bound is passed and the next look: one replay of a small world. */
const boundSlackBytes = 2_000;
const pollMs = 200;

export class SimHub {
  readonly name: string;
  readonly #world: World;
  readonly #database: SimDatabase;
  readonly #options: SimHubOptions;
  #run: HubRun | null = null;

  constructor(
    name: string,
    parts: { readonly world: World; readonly database: SimDatabase; readonly options: SimHubOptions },
  ) {
    this.name = name;
    this.#world = parts.world;
    this.#database = parts.database;
    this.#options = parts.options;
  }

  get isUp(): boolean {
    return this.#run !== null;
  }

  get isIdle(): boolean {
    return this.#run === null || this.#run.isIdle;
  }

  start(): void {
    if (this.#run !== null) return;
    this.#world.note(`hub ${this.name} starts`);
    this.#run = new HubRun({ world: this.#world, database: this.#database, options: this.#options, name: this.name });
  }

  kill(): void {
    if (this.#run === null) return;
    this.#world.note(`hub ${this.name} is killed`);
    this.#run.kill();
    this.#run = null;
  }

  /** Takes a connection, unless the process is down or has not reached its database yet. */
  connect(connection: SimConnection, credential: Credential): ConnectionEnd | null {
    return this.#run?.connect(connection, credential) ?? null;
  }
}

interface Peer {
  readonly connection: SimConnection;
  readonly session: AgentSession;
}

class HubRun {
  readonly #world: World;
  readonly #database: SimDatabase;
  readonly #options: SimHubOptions;
  readonly #name: string;
  readonly #intake: Intake;
  readonly #thread: SimStorageThread;
  readonly #peers = new Set<Peer>();
  /** null until the database has been reached. */
  #hubId: string | null = null;
  /** The highest ack sent on each connection, by ordinal. */
  readonly #acks = new Map<SimConnection, Map<number, number>>();
  #isDead = false;

  constructor(parts: {
    readonly world: World;
    readonly database: SimDatabase;
    readonly options: SimHubOptions;
    readonly name: string;
  }) {
    this.#world = parts.world;
    this.#database = parts.database;
    this.#options = parts.options;
    this.#name = parts.name;
    this.#thread = new SimStorageThread(this.#world, this.#database, {
      ...parts.options.storage,
      onAnswer: (answer) => {
        this.#intake.settled(answer, this.#world.nowMs);
        this.#count();
      },
    });
    this.#intake = new Intake(
      { flush: (flight) => this.#thread.flush(flight), onTick: () => undefined },
      parts.options.intake,
    );
    this.#poll();
  }

  get isIdle(): boolean {
    return this.#intake.isIdle && this.#thread.isIdle;
  }

  kill(): void {
    if (this.#intake.unstoredMs(this.#world.nowMs) > 0) this.#world.tally.count('hub crash with open batch');
    if (!this.#thread.isIdle) this.#world.tally.count('hub crash with flight under way');
    this.#count();
    this.#isDead = true;
    this.#thread.kill();
    for (const { connection } of this.#peers) connection.cut({ agent: this.#world.between(0, 3_000), hub: 0 });
  }

  connect(connection: SimConnection, credential: Credential): ConnectionEnd | null {
    // A hub that was started while its database was away authenticates nobody.
    if (this.#hubId === null && !this.#database.isAway) this.#hubId = this.#database.hubId;
    if (this.#hubId === null || this.#hubId !== this.#database.hubId) return null;
    const session = new AgentSession(credential, {
      ports: {
        send: (message) => this.#send(connection, message),
        close: (code) => {
          if (code === 4409) this.#world.tally.count('link replaced');
          connection.closeByHub(code);
        },
        admit: (hello, streams) => this.#admit(peer, hello, streams),
        openStreams: (hostId, streams) => this.#openStreams(peer, hostId, streams),
        readChecksums: (entry, range) => this.#readChecksums(peer, entry, range),
        onTop: () => undefined,
        onScriptReports: () => undefined,
        onBye: () => undefined,
        onIdentityKept: () => undefined,
      },
      intake: this.#intake,
      identity: { hubId: this.#hubId, hubVersion: '1', seriesMax: 100 },
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    });
    const peer: Peer = { connection, session };
    this.#peers.add(peer);
    return {
      received: (bytes) => this.#received(peer, bytes),
      closed: () => {
        this.#peers.delete(peer);
        if (!this.#isDead) peer.session.closed();
      },
    };
  }

  #received(peer: Peer, bytes: Uint8Array): void {
    if (this.#isDead) return;
    const { nowMs } = this.#world;
    try {
      const message = decodeFromAgent(bytes);
      if (message.kind === 'replay') this.#world.tally.count('replay');
      if (message.kind === 'live') this.#world.tally.count('live while behind');
      peer.session.received(message, nowMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#world.note(`hub ${this.#name} closes ${error.closeCode}: ${error.message}`);
      peer.session.closed();
      peer.connection.closeByHub(error.closeCode);
    }
    this.#intake.poll(nowMs);
    const { queuedBytes, queuedBytesMax } = this.#intake;
    assert(
      queuedBytes <= queuedBytesMax + boundSlackBytes,
      `I7: at most ${queuedBytesMax} bytes wait: got ${queuedBytes}`,
    );
  }

  #admit(peer: Peer, hello: Hello, streams: readonly OfferedStream[]): void {
    const { credential } = peer.session;
    this.#ask(() => {
      if (this.#database.isAway) {
        this.#world.tally.count('storage away at hello');
        return () => {
          peer.session.storageAway(this.#world.nowMs);
          this.#retryLater(peer);
        };
      }
      const rival = [...this.#peers].find(
        (one) =>
          one !== peer &&
          one.session.hello?.agentId === hello.agentId &&
          one.connection.isAlive &&
          one.session.hostId !== null,
      );
      if (rival !== undefined) {
        this.#world.tally.count('second clone refused');
        return () => peer.connection.closeByHub(4409);
      }
      const host =
        credential.kind === 'token' ? this.#database.host(credential.hostId) : this.#database.enrol(hello.agentId);
      if (host === undefined || host.agentId !== hello.agentId) return () => peer.connection.closeByHub(4401);
      const shapes = this.#database.open(host.id, streams);
      return () => {
        peer.session.admitted(
          {
            hostId: host.id,
            hostName: 'h',
            token: credential.kind === 'token' ? null : String(host.id),
            streams: shapes,
          },
          this.#world.nowMs,
        );
      };
    });
  }

  #openStreams(peer: Peer, hostId: number, streams: readonly OfferedStream[]): void {
    this.#ask(() => {
      if (this.#database.isAway || this.#database.host(hostId) === undefined) {
        return () => this.#retryLater(peer);
      }
      const shapes = this.#database.open(hostId, streams);
      return () => peer.session.streamsOpened(shapes, this.#world.nowMs);
    });
  }

  #readChecksums(peer: Peer, entry: StreamEntry, range: { readonly firstSeq: number; readonly count: number }): void {
    this.#ask(() => {
      if (this.#database.isAway) return () => undefined;
      const sums = this.#database.checksums(entry.stream.id, range);
      return () => peer.session.checksumsRead(entry.stream.ordinal, range.firstSeq, new Uint8Array(sums.buffer));
    });
  }

  /** A question to the database on a connection of its own: answered out of step with the flights. */
  #ask(question: () => () => void): void {
    this.#world.after(this.#world.between(0, 50), () => {
      if (this.#isDead) return;
      const answer = question();
      this.#world.after(this.#world.between(0, 50), () => {
        if (!this.#isDead) answer();
      });
    });
  }

  #retryLater(peer: Peer): void {
    this.#world.after(2_000, () => {
      if (!this.#isDead && this.#peers.has(peer)) peer.session.retry();
    });
  }

  #send(connection: SimConnection, message: ToAgent): void {
    this.#world.note(`hub ${this.#name} -> ${JSON.stringify(message)}`);
    if (message.kind === 'nack' && message.code !== 'gone') this.#world.tally.count(`nack ${message.code}`);
    if (message.kind === 'credit' && message.bytes === 0) this.#world.tally.count('starved link');
    if (message.kind === 'ack') this.#checkAck(connection, message);
    const scaled =
      message.kind === 'welcome'
        ? { ...message, creditBytes: Math.min(message.creditBytes, this.#options.creditBytes) }
        : message.kind === 'credit'
          ? { ...message, bytes: Math.min(message.bytes, this.#options.creditBytes) }
          : message;
    connection.sendDown(scaled);
  }

  /** I3: nothing is acknowledged that was not committed. I5: acks of one connection rise. */
  #checkAck(connection: SimConnection, ack: Extract<ToAgent, { kind: 'ack' }>): void {
    const peer = [...this.#peers].find((one) => one.connection === connection);
    if (peer === undefined) return;
    const entry = this.#intake.host(peer.session.hostId!).byOrdinal(ack.ordinal);
    const key = `${peer.session.hello!.agentId} ${entry?.stream.epoch}`;
    const committed = this.#database.everStored.get(key) ?? 0;
    assert(ack.storedSeq <= committed, `I3: an ack is at most what was committed, ${committed}: got ${ack.storedSeq}`);
    const acks = this.#acks.get(connection) ?? new Map<number, number>();
    this.#acks.set(connection, acks);
    acks.set(ack.ordinal, Math.max(ack.storedSeq, acks.get(ack.ordinal) ?? 0));
  }

  #poll(): void {
    if (this.#isDead) return;
    this.#intake.poll(this.#world.nowMs);
    this.#world.after(pollMs, () => this.#poll());
  }

  #count(): void {
    const { counters } = this.#intake;
    this.#world.tally.count('duplicate dropped by the hub', counters.duplicateItems);
    this.#world.tally.count('forgotten batch', counters.forgottenBatches);
    counters.duplicateItems = 0;
    counters.forgottenBatches = 0;
  }
}
