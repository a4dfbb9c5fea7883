/**
 * Who may do what, in main's memory: people, their sessions, API tokens. The database decides; this copy tells at once who
 * sends a request, also while the database is away, so that whoever was signed in goes on watching.
 *
 * Several hubs agree within a second: each looks at the mark, which rises with every change, and reads all anew when it has
 * moved. What runs out does so by the database's clock. An engine: the database and the clock are ports.
 */
import type {
  AccessMark,
  AccessState,
  KnownApiToken,
  KnownPerson,
  KnownSession,
} from '../../store/access/access-state.ts';
import type { Actor, Role, TokenScope } from '../actor.ts';

export interface AccessBookPorts {
  /** null while no engine is at work. */
  store(): AccessBookStore | null;
  nowMonotonicMs(): number;
  /** Somebody may no longer be who they were: open sockets are looked at again. */
  onChanged(): void;
}

export interface AccessBookStore {
  accessMark(_: null): Promise<AccessMark>;
  access(_: null): Promise<AccessState>;
  reviveSession(request: { readonly sessionId: number; readonly idleHours: number }): Promise<boolean>;
  tendAccess(used: {
    readonly sessionIds: readonly number[];
    readonly tokenIds: readonly number[];
    readonly idleHours: number;
  }): Promise<void>;
}

interface HeldSession extends KnownSession {
  /** Also of use that has not been written down yet. */
  usedMs: number;
}

const hourMs = 3_600_000;
/** Longer than this nobody waits for the database to say who somebody is: as long as it may take to connect to it. */
const readMsMax = 10_000;

export class AccessBook {
  readonly #ports: AccessBookPorts;
  readonly #idleHours: number;
  #version: number | null = null;
  /** The database's clock ahead of our monotonic one. */
  #clockMs = 0;
  #people = new Map<number, KnownPerson>();
  #peopleByKey = new Map<string, KnownPerson>();
  #sessions = new Map<number, HeldSession>();
  #sessionsByHash = new Map<string, HeldSession>();
  #tokens = new Map<number, KnownApiToken>();
  #tokensByHash = new Map<string, KnownApiToken>();
  readonly #usedSessions = new Set<number>();
  readonly #usedTokens = new Set<number>();
  #reading: Promise<void> | null = null;
  #readingSinceMs = 0;
  #next: Promise<void> | null = null;

  constructor(ports: AccessBookPorts, options: { readonly idleHours: number }) {
    this.#ports = ports;
    this.#idleHours = options.idleHours;
  }

  /** Whether the database has been read: before, nobody is known. */
  get isLoaded(): boolean {
    return this.#version !== null;
  }

  /** By the database's clock, epoch ms. */
  get nowMs(): number {
    return this.#ports.nowMonotonicMs() + this.#clockMs;
  }

  /** Whether somebody can run the hub. */
  get hasAdmin(): boolean {
    return [...this.#people.values()].some(({ role, isDisabled }) => role === 'admin' && !isDisabled);
  }

  get counts(): { readonly people: number; readonly sessions: number; readonly tokens: number } {
    return { people: this.#people.size, sessions: this.#sessions.size, tokens: this.#tokens.size };
  }

  person(personId: number): KnownPerson | null {
    return this.#people.get(personId) ?? null;
  }

  personByKey(key: string): KnownPerson | null {
    return this.#peopleByKey.get(key) ?? null;
  }

  /** From where somebody is signed in. */
  addressesOf(personId: number): readonly string[] {
    return [...this.#sessions.values()].filter((one) => one.personId === personId).map(({ address }) => address);
  }

  apiToken(tokenId: number): KnownApiToken | null {
    return this.#tokens.get(tokenId) ?? null;
  }

  /** Takes the place of all that was known. */
  load(state: AccessState): void {
    const before = this.#sessions;
    this.#clockMs = state.nowMs - this.#ports.nowMonotonicMs();
    this.#people = new Map(state.people.map((person) => [person.personId, person]));
    this.#peopleByKey = new Map(state.people.map((person) => [person.key, person]));
    const sessions = state.sessions.map((session): HeldSession => {
      const usedMs = Math.max(session.usedMs, before.get(session.sessionId)?.usedMs ?? 0);
      return { ...session, usedMs };
    });
    this.#sessions = new Map(sessions.map((session) => [session.sessionId, session]));
    this.#sessionsByHash = new Map(sessions.map((session) => [session.hash, session]));
    this.#tokens = new Map(state.tokens.map((token) => [token.tokenId, token]));
    this.#tokensByHash = new Map(state.tokens.map((token) => [token.hash, token]));
    this.#version = state.version;
    this.#ports.onChanged();
  }

  /**
   * Settles when everything is known that had been changed before the call. Rejects when the database is away, or does not
   * answer within a moment. However many call, at most one read is under way and one waits.
   */
  async refresh(): Promise<void> {
    // Once somebody has waited in vain nobody else does.
    if (this.#reading !== null && this.#ports.nowMonotonicMs() - this.#readingSinceMs > readMsMax) throw lateError();
    await within(readMsMax, this.#soon());
  }

  #soon(): Promise<void> {
    if (this.#reading === null) return this.#read();
    this.#next ??= this.#reading
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.#read();
      });
    return this.#next;
  }

  #read(): Promise<void> {
    this.#readingSinceMs = this.#ports.nowMonotonicMs();
    this.#reading = this.#readNow().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const store = this.#store();
    const { version, nowMs } = await store.accessMark(null);
    if (version !== this.#version) this.load(await store.access(null));
    else this.#clockMs = nowMs - this.#ports.nowMonotonicMs();
  }

  /** Whose cookie holds what has this hash; null for nobody's. `idle`: not used here for so long that the database is to be asked. */
  sessionActor(hash: string): Actor | 'idle' | null {
    const session = this.#sessionsByHash.get(hash);
    if (session === undefined) return null;
    const actor = this.#actorOf(session);
    if (actor === null || session.usedMs + this.#idleHours * hourMs > this.nowMs) return actor;
    return 'idle';
  }

  /** Whose token has this hash; null for nobody's, and for one that is not valid any more. */
  tokenActor(hash: string): Actor | null {
    const token = this.#tokensByHash.get(hash);
    return token === undefined ? null : this.#tokenActorOf(token);
  }

  /** Whether another hub has seen the idle session used, which then counts as used here. Rejects when the database is away. */
  async revive(hash: string): Promise<boolean> {
    const session = this.#sessionsByHash.get(hash);
    if (session === undefined) return false;
    const { sessionId } = session;
    const isRevived = await within(readMsMax, this.#store().reviveSession({ sessionId, idleHours: this.#idleHours }));
    if (isRevived) session.usedMs = this.nowMs;
    return isRevived;
  }

  /** Why the actor is not any more who it was when it was let in, in words for its person; null while it is. */
  endOf(actor: Actor): string | null {
    switch (actor.kind) {
      case 'anonymous':
      case 'operator':
        return null;
      case 'person': {
        const session = this.#sessions.get(actor.sessionId);
        const now = session === undefined ? null : this.#actorOf(session);
        if (now?.kind !== 'person') return 'You are signed out';
        return now.role === actor.role ? null : `You are ${now.role} now`;
      }
      case 'token': {
        const token = this.#tokens.get(actor.tokenId);
        const now = token === undefined ? null : this.#tokenActorOf(token);
        return now?.kind === 'token' && now.scope === actor.scope ? null : 'The token is not valid any more';
      }
    }
  }

  /** Notes that somebody is there. */
  used(actor: Actor): void {
    if (actor.kind === 'person') {
      const session = this.#sessions.get(actor.sessionId);
      if (session === undefined) return;
      session.usedMs = this.nowMs;
      this.#usedSessions.add(actor.sessionId);
    } else if (actor.kind === 'token') this.#usedTokens.add(actor.tokenId);
  }

  /** Writes down what has been used, and has the database let go of what has run out. Call it each minute. Rejects when it is away. */
  async tend(): Promise<void> {
    const [sessionIds, tokenIds] = [[...this.#usedSessions], [...this.#usedTokens]];
    await this.#store().tendAccess({ sessionIds, tokenIds, idleHours: this.#idleHours });
    for (const id of sessionIds) this.#usedSessions.delete(id);
    for (const id of tokenIds) this.#usedTokens.delete(id);
  }

  #actorOf(session: HeldSession): Actor | null {
    const person = this.#people.get(session.personId);
    if (person === undefined || person.isDisabled || session.expiresMs <= this.nowMs) return null;
    const { personId, name, role } = person;
    return { kind: 'person', personId, name, role, sessionId: session.sessionId };
  }

  #tokenActorOf(token: KnownApiToken): Actor | null {
    if (token.expiresMs !== null && token.expiresMs <= this.nowMs) return null;
    const { tokenId, name, clientId, personId } = token;
    if (personId === null) return { kind: 'token', tokenId, name, scope: token.scope, clientId };
    const owner = this.#people.get(personId);
    if (owner === undefined || owner.isDisabled) return null;
    const scope = scopeWithin(token.scope, owner.role);
    return scope === null ? null : { kind: 'token', tokenId, name, scope, clientId };
  }

  #store(): AccessBookStore {
    const store = this.#ports.store();
    if (store === null) throw new Error('Cannot look: no engine is at work');
    return store;
  }
}

/** A token can do no more than whoever has made it; null: nothing at all. */
function scopeWithin(scope: TokenScope, role: Role): TokenScope | null {
  switch (role) {
    case 'admin':
      return scope;
    case 'editor':
      return scope === 'admin' ? 'write' : scope;
    case 'viewer':
      return scope === 'push' ? null : 'read';
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(lateError()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Whoever has stopped waiting does not look at how it ends.
    work.catch(() => {});
  }
}

function lateError(): Error {
  return new Error(`Cannot wait: the database must answer within ${readMsMax} ms`);
}
