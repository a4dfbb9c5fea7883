/**
 * What becomes of agents' identities: a new token over an open link, revocation, and a copied machine that is told from the one
 * that it was copied from.
 *
 *   rotation  ordered --link is open--> offered --identityKept--> kept --first use--> done (the old token is void)
 *   clone     sent away by 4409, seen by an admin --split is ordered--> offered another identity --identityKept--> a new host
 *
 * Each step is in the database before anything follows from it, so it survives this hub; what other hubs on the database
 * were told is read twice a second (`follow`). An engine: sockets, database and clock are ports.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Hello, Id128 } from '#core/message.ts';
import type { AuditAction, AuditEvent, AuditEvents } from '../access/audit.ts';
import type { AgentConnection } from '../agent-connection.ts';
import { cleanHostName } from '../host-name.ts';
import { unknownHostError } from '../hosts.ts';
import { HttpError } from '../http.ts';
import type { Registry } from '../registry.ts';
import type { KnownHost } from '../store/admission.ts';
import type { AgentOrders, CloneSighting, OrderAnswer } from '../store/agents/identities.ts';
import type { SplitRequest } from '../store/agents/split.ts';
import { Refusals } from './refusals.ts';

/** What is asked of the database. A rejection means that it is away. */
export interface IdentityStore {
  agentOrders(_: null): Promise<AgentOrders>;
  orderRotation(hostName: string): Promise<OrderAnswer>;
  revokeAgent(hostName: string): Promise<OrderAnswer>;
  allowAgent(hostName: string): Promise<OrderAnswer>;
  orderSplit(hostName: string): Promise<OrderAnswer>;
  addToken(request: { readonly hostId: number; readonly hash: string }): Promise<boolean>;
  keepToken(request: { readonly hostId: number; readonly hash: string }): Promise<void>;
  noteClone(sighting: CloneSighting): Promise<void>;
  splitAgent(request: SplitRequest): Promise<KnownHost | null>;
}

export interface IdentityPorts {
  readonly store: IdentityStore;
  readonly registry: Registry;
  readonly hubId: Id128;
  readonly log: Logger;
  readonly audit: AuditEvents;
  readonly nowMs: () => number;
  /** The admitted connection of a host. */
  connectionOf(hostId: number): AgentConnection | undefined;
  /** Ends every connection of a host's agent, admitted or not. Its absence is on purpose from now on. */
  closeRevoked(hostId: number): void;
  /** What admins see of agents has changed. */
  onChanged(): void;
}

export class AgentIdentities {
  readonly #ports: IdentityPorts;
  readonly refusals = new Refusals();
  #revoked: ReadonlySet<number> = new Set();
  #rotations: ReadonlySet<number> = new Set();
  #splits: ReadonlySet<number> = new Set();
  /** Orders that were done since the start. */
  #settledCount = 0;
  /** Boot of the machine that was sent away last, by host. */
  readonly #cloneBoots = new Map<number, Id128>();

  constructor(ports: IdentityPorts) {
    this.#ports = ports;
  }

  /** Throws HttpError, as the next three: 404, 409 for a host that this cannot be done to, 503 while the database is away. */
  async rotate(hostName: string): Promise<void> {
    await this.#order('rotate token', hostName, (store) => store.orderRotation(hostName));
  }

  async revoke(hostName: string): Promise<void> {
    await this.#order('revoke agent', hostName, (store) => store.revokeAgent(hostName));
  }

  async allow(hostName: string): Promise<void> {
    await this.#order('allow agent', hostName, (store) => store.allowAgent(hostName));
  }

  async split(hostName: string): Promise<void> {
    await this.#order('split agent', hostName, (store) => store.orderSplit(hostName));
  }

  isRevoked(hostId: number): boolean {
    return this.#revoked.has(hostId);
  }

  /** Learns what is ordered now, here or by another hub, and does what can be done at once. Rejects when the database is away. */
  async follow(): Promise<void> {
    const settled = this.#settledCount;
    const { revoked, rotations, splits } = await this.#ports.store.agentOrders(null);
    this.#learnRevoked(revoked);
    // An order that was done while it was read must not be done again: the next look is newer.
    if (settled === this.#settledCount) this.#learnOrders({ rotations, splits });
  }

  #learnRevoked(revoked: readonly number[]): void {
    const before = this.#revoked;
    if (isSame(before, revoked)) return;
    this.#revoked = new Set(revoked);
    for (const hostId of revoked) if (!before.has(hostId)) this.#close(hostId);
    this.#ports.onChanged();
  }

  #learnOrders({ rotations, splits }: Pick<AgentOrders, 'rotations' | 'splits'>): void {
    const isChanged = !isSame(this.#rotations, rotations) || !isSame(this.#splits, splits);
    this.#rotations = new Set(rotations);
    this.#splits = new Set(splits);
    for (const hostId of rotations) this.#turn(hostId);
    if (isChanged) this.#ports.onChanged();
  }

  /** A connection was admitted. */
  admitted(connection: AgentConnection, { isRotationWanted }: { readonly isRotationWanted: boolean }): void {
    const { hostId } = connection.session;
    if (hostId === null) return;
    this.refusals.clear(hostId);
    if (isRotationWanted) this.#offerToken(connection, hostId);
  }

  /** A second machine has come while `first` answers: it is sent away, or given an identity of its own where that was ordered. */
  duplicated(first: AgentConnection, second: AgentConnection): void {
    const { hostId } = first.session;
    const { hello } = second.session;
    if (hostId === null || hello === null || second.isClosed) return;
    if (this.#splits.has(hostId) && this.#isCopy(hostId, { first, hello })) {
      this.#offerSplit(second, { hostId, hello });
      return;
    }
    this.#sighted(hostId, second, hello);
    second.close(4409, 'Cannot accept agent: another one with the same identity is connected');
  }

  /** The agent has what it was offered on its disk. */
  kept(connection: AgentConnection, tokenId: string): void {
    const { offer, session } = connection;
    if (offer === null || offer === 'wanted' || !offer.hash.startsWith(tokenId)) return;
    if (offer.kind === 'split') {
      connection.offer = null;
      this.#split(connection, { ...offer, hello: session.hello! });
      return;
    }
    const { hostId, hash } = offer;
    connection.offer = 'wanted';
    this.#ports.store.keepToken({ hostId, hash }).then(
      () => {
        this.#settled(connection);
        this.#rotations = new Set([...this.#rotations].filter((one) => one !== hostId));
        this.#note({ connection, hostId, action: 'agent.rotated', result: 'done' });
        this.#ports.log.info({ hostId }, 'token.rotated');
        this.#ports.onChanged();
      },
      // Its first use says the same.
      () => this.#settled(connection),
    );
  }

  /** What was ordered is done: what is being read of the orders now is older. */
  #settled(connection: AgentConnection): void {
    this.#settledCount += 1;
    connection.offer = null;
  }

  /** An agent was sent away for a reason that somebody has to look after. */
  refused(
    hostId: number,
    refusal: {
      readonly why: string;
      readonly action: AuditAction;
      readonly connection: AgentConnection | null;
      readonly address?: string;
    },
  ): void {
    const { why, action, connection } = refusal;
    const { nowMs, log, onChanged } = this.#ports;
    this.refusals.refused(hostId, { why, atMs: nowMs() });
    if (!this.refusals.isNews(`${hostId} ${action} ${why}`, nowMs())) return;
    const address = refusal.address ?? connection?.socket.address ?? '';
    log.warn({ hostId, reason: why, address }, 'agent.refused');
    this.#note({ connection, hostId, action, result: 'refused', detail: { why }, address });
    onChanged();
  }

  /** The host is no more. */
  removed(hostId: number): void {
    this.refusals.clear(hostId);
    this.#cloneBoots.delete(hostId);
  }

  async #order(act: string, hostName: string, order: (store: IdentityStore) => Promise<OrderAnswer>): Promise<void> {
    const away = () => {
      throw new HttpError(503, `Cannot ${act}: the database is away`, { 'retry-after': '10' });
    };
    const answer = await order(this.#ports.store).catch(away);
    switch (answer.kind) {
      case 'ordered':
        // What this hub does about it is not left to the next look.
        await this.follow().catch(away);
        return;
      case 'unknown':
        throw unknownHostError(hostName);
      case 'agentless':
        throw new HttpError(409, `Cannot ${act}: the host must have an agent: got one that pushes over HTTP`);
      case 'revoked':
        throw new HttpError(409, `Cannot ${act}: the agent is revoked: allow it to enrol again first`);
      case 'no-clone':
        throw new HttpError(409, `Cannot ${act}: a second machine must have come under its identity: got none`);
    }
  }

  #close(hostId: number): void {
    this.#ports.registry.dropTokens(hostId);
    this.#ports.closeRevoked(hostId);
  }

  #turn(hostId: number): void {
    const connection = this.#ports.connectionOf(hostId);
    if (connection !== undefined) this.#offerToken(connection, hostId);
  }

  #offerToken(connection: AgentConnection, hostId: number): void {
    const { store, registry, hubId } = this.#ports;
    const identity = registry.host(hostId)?.identity;
    if (connection.offer !== null || identity?.agentId == null || !speaksIdentity(identity.facts)) return;
    const { agentId } = identity;
    const { token, hash } = newToken();
    connection.offer = 'wanted';
    store.addToken({ hostId, hash }).then(
      (isAdded) => {
        connection.offer = null;
        if (!isAdded || connection.isClosed || this.isRevoked(hostId)) return;
        connection.offer = { kind: 'rotation', hostId, agentId, hash };
        connection.send({ kind: 'identity', hubId, agentId, token });
      },
      () => {
        // The database is away: the next look offers again.
        connection.offer = null;
      },
    );
  }

  /**
   * Whether this hello comes from another machine, or another copy of one, and not from the agent itself while its old connection
   * was heard a last time: of another boot, or of the boot that was seen to come beside it before.
   */
  #isCopy(hostId: number, { first, hello }: { readonly first: AgentConnection; readonly hello: Hello }): boolean {
    return first.session.hello?.bootId !== hello.bootId || this.#cloneBoots.get(hostId) === hello.bootId;
  }

  #sighted(hostId: number, connection: AgentConnection, hello: Hello): void {
    const { address } = connection.socket;
    this.#cloneBoots.set(hostId, hello.bootId);
    this.#ports.store
      .noteClone({ hostId, bootId: hello.bootId, address, hostName: cleanHostName(hello.hostName) })
      .then(this.#ports.onChanged, () => {
        // The database is away: it comes again in a minute.
      });
    this.refused(hostId, {
      why: 'another machine with the same identity is connected',
      action: 'agent.duplicated',
      connection,
    });
  }

  #offerSplit(
    connection: AgentConnection,
    { hostId, hello }: { readonly hostId: number; readonly hello: Hello },
  ): void {
    if (!speaksIdentity(hello.facts)) {
      connection.close(4409, 'Cannot split agent: this version of it cannot take another identity: upgrade it');
      return;
    }
    const { token, hash } = newToken();
    const agentId = randomBytes(16).toString('hex');
    connection.offer = { kind: 'split', hostId, agentId, hash };
    connection.send({ kind: 'identity', hubId: this.#ports.hubId, agentId, token });
  }

  #split(
    connection: AgentConnection,
    {
      hostId,
      agentId,
      hash,
      hello,
    }: { readonly hostId: number; readonly agentId: Id128; readonly hash: string; readonly hello: Hello },
  ): void {
    const { store, registry, log, onChanged } = this.#ports;
    const { machineId } = hello;
    store.splitAgent({ hostId, agentId, hash, hostName: cleanHostName(hello.hostName), machineId }).then(
      (host) => {
        if (host !== null && registry.put(host) !== null) {
          registry.addToken(hash, host.hostId);
          this.#cloneBoots.delete(hostId);
          this.#splits = new Set([...this.#splits].filter((one) => one !== hostId));
          this.#settled(connection);
          this.refusals.clear(hostId);
          log.info({ hostId, newHostId: host.hostId, hostName: host.name }, 'agent.split');
          this.#note({ connection, hostId, action: 'agent.split', result: 'done', detail: { host: host.name } });
          onChanged();
        }
        // It comes back under its new identity, or, where that was not wanted any more, under its old one.
        connection.close(1012, 'Come back under the new identity');
      },
      () => connection.close(1013, 'Cannot split agent: the database is away'),
    );
  }

  #note(entry: {
    readonly connection: AgentConnection | null;
    readonly hostId: number;
    readonly action: AuditAction;
    readonly result: NonNullable<AuditEvent['result']>;
    readonly detail?: NonNullable<AuditEvent['detail']>;
    readonly address?: string;
  }): void {
    const { hostId, connection, action, result, detail = {} } = entry;
    const { audit, registry } = this.#ports;
    const name = registry.host(hostId)?.identity.name ?? '';
    const address = entry.address ?? connection?.socket.address ?? '';
    audit({ actor: { kind: 'agent', hostId, name }, action, object: name, result, address, detail });
  }
}

/** Whether an agent, by the facts of its hello, knows what an `identity` is. */
function speaksIdentity(facts: Readonly<Record<string, string>>): boolean {
  return (facts['speaks'] ?? '').split(',').includes('identity');
}

function newToken(): { readonly token: string; readonly hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: createHash('sha256').update(token).digest('hex') };
}

function isSame(known: ReadonlySet<number>, hostIds: readonly number[]): boolean {
  return known.size === hostIds.length && hostIds.every((hostId) => known.has(hostId));
}
