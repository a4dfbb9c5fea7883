/** The hub's side of agents' connections over sockets and a database of a test's own. */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { decodeToAgent, encodeMessage } from '#core/codec.ts';
import type { Hello, ToAgent } from '#core/message.ts';
import type { AuditEvent } from '../access/audit.ts';
import type { IdentityStore } from '../agents/identities.ts';
import { type AgentStore, Agents } from '../agents.ts';
import type { Credential } from '../intake/agent-session.ts';
import { Intake } from '../intake/intake.ts';
import { Registry } from '../registry.ts';
import type { AgentSocket } from '../sockets/endpoints.ts';
import type { AdmitAnswer, AdmitRequest } from '../store/admission.ts';
import type { AgentOrders, OrderAnswer } from '../store/agents/identities.ts';
import { hostIdentity } from './host-identity.ts';
import { helloOf, someId } from './test-agent.ts';
import { sha256 } from './ticks.ts';

export const key = 'the enrolment key';
export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
export const enrolment: Credential = { kind: 'enrolment', enrolmentId: null };
export const peer = { address: '127.0.0.1', isProxied: false };

/** Lets everything that waits for a settled promise go on. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

export class TestSocket implements AgentSocket {
  readonly address: string;
  readonly sent: ToAgent[] = [];
  pings = 0;
  closeCode: number | null = null;
  closeReason = '';
  readonly #agents: Agents;

  constructor(agents: Agents, credential: Credential, address = '127.0.0.1') {
    this.#agents = agents;
    this.address = address;
    agents.opened(this, credential);
  }
  send(bytes: Uint8Array) {
    this.sent.push(decodeToAgent(bytes.slice()));
  }
  ping() {
    this.pings += 1;
  }
  close(closeCode: number, reason = '') {
    if (this.closeCode !== null) return;
    this.closeCode = closeCode;
    this.closeReason = reason;
    this.#agents.closed(this);
  }
  hello(options: Partial<Hello> = {}) {
    this.#agents.received(this, encodeMessage(helloOf(options)));
  }
  get kinds() {
    return this.sent.map((message) => message.kind);
  }
}

export class AgentsRig {
  nowMs = 1_000;
  isAway = false;
  readonly admitted: AdmitRequest[] = [];
  readonly tokens = new Map<string, number>();
  lookups = 0;
  holdLookups: Promise<void> | null = null;
  answer: Partial<Extract<AdmitAnswer, { kind: 'admitted' }>> | Exclude<AdmitAnswer, { kind: 'admitted' }> = {};
  readonly registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 300_000 });
  readonly store: AgentStore = {
    admit: async (request) => {
      if (this.isAway) throw new Error('away');
      this.admitted.push(request);
      if ('kind' in this.answer && this.answer.kind !== 'admitted') return this.answer as AdmitAnswer;
      const streams = request.streams.map(({ offer }, index) => ({
        id: index + 1,
        epoch: offer.epoch,
        ordinal: index + 1,
        storedSeq: 0,
        storedCrc: null,
        gapTicks: 0,
        shiftMs: 0,
        lease: this.admitted.length,
      }));
      const answer = {
        kind: 'admitted',
        hostId: 1,
        hostName: 'web',
        token: null,
        isOnlyToken: false,
        isRotationWanted: false,
        host: hostIdentity(1, { name: 'web', agentId: someId('a'), facts: { speaks: 'identity' } }),
        streams,
      } as const;
      return { ...answer, ...this.answer } as AdmitAnswer;
    },
    openStreams: async () => {
      throw new Error('away');
    },
    findBearer: async (hash) => {
      this.lookups += 1;
      await this.holdLookups;
      if (this.isAway) throw new Error('away');
      const hostId = this.tokens.get(hash);
      if (hostId === undefined) return null;
      return {
        kind: 'token' as const,
        host: hostIdentity(hostId, { name: 'web', agentId: someId('a') }),
        token: { hash, hostId },
      };
    },
    checksums: async () => new Uint8Array(0),
    ...identityStore(this),
  };
  orders: AgentOrders = { revoked: [], rotations: [], splits: [] };
  orderAnswer: OrderAnswer = { kind: 'ordered', hostId: 1 };
  /** What the database was told, in order. */
  readonly told: string[] = [];
  readonly audited: AuditEvent[] = [];
  changes = 0;
  readonly presence: string[] = [];
  readonly enrolmentKey = { hash: createHash('sha256').update(key).digest(), isLocal: false };
  readonly agents = new Agents({
    intake: new Intake(
      { flush: () => {}, onTick: () => {} },
      { batchAgeMs: 1e4, flushDelayMs: 500, queuedBytesMax: 1e8 },
    ),
    registry: this.registry,
    store: this.store,
    identity: { hubId: someId('0'), hubVersion: '1', seriesMax: 4_000 },
    sha256,
    enrolmentKey: this.enrolmentKey,
    log: pino({ level: 'silent' }),
    audit: (event) => void this.audited.push(event),
    onChanged: () => {
      this.changes += 1;
    },
    presence: {
      linked: (hostId, { isAdmitted }) => this.presence.push(`linked ${hostId}${isAdmitted ? '' : ' unadmitted'}`),
      unlinked: (hostId) => this.presence.push(`unlinked ${hostId}`),
      bye: (hostId) => this.presence.push(`bye ${hostId}`),
      newStream: (hostId) => this.presence.push(`stream ${hostId}`),
    },
    onTop: () => {},
    scripts: { linked: () => {}, unlinked: () => {}, reported: () => {} },
    nowMs: () => this.nowMs,
    nowMonotonicMs: () => this.nowMs,
  });

  socket(credential: Credential = enrolment, address?: string): TestSocket {
    return new TestSocket(this.agents, credential, address);
  }
  async connected(options: Partial<Hello> = {}, credential: Credential = enrolment): Promise<TestSocket> {
    const socket = this.socket(credential);
    socket.hello(options);
    await turn();
    return socket;
  }
  /** Polls every 100 ms for so long. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.nowMs += 100;
      this.agents.poll(this.nowMs);
    }
    await turn();
  }
}

/** Writes down what it is told, and is away when the rig's database is. */
function identityStore(rig: AgentsRig): IdentityStore {
  const tell = async <T>(what: string, answer: T): Promise<T> => {
    if (rig.isAway) throw new Error('away');
    rig.told.push(what);
    return answer;
  };
  return {
    agentOrders: async () => {
      if (rig.isAway) throw new Error('away');
      return rig.orders;
    },
    orderRotation: (hostName) => tell(`rotate ${hostName}`, rig.orderAnswer),
    revokeAgent: (hostName) => tell(`revoke ${hostName}`, rig.orderAnswer),
    allowAgent: (hostName) => tell(`allow ${hostName}`, rig.orderAnswer),
    orderSplit: (hostName) => tell(`split ${hostName}`, rig.orderAnswer),
    addToken: ({ hostId }) => tell(`add ${hostId}`, !rig.orders.revoked.includes(hostId)),
    keepToken: ({ hostId }) => tell(`keep ${hostId}`, undefined),
    noteClone: ({ hostId, address }) => tell(`clone ${hostId} ${address}`, undefined),
    splitAgent: ({ hostId, agentId, hostName }) =>
      tell(
        `split off ${hostId}`,
        rig.orders.splits.includes(hostId) ? hostIdentity(9, { name: `${hostName}-2`, agentId }) : null,
      ),
  };
}
