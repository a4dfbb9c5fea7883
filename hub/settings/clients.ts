/**
 * Programs that push by POST /metrics and ask for their configuration. An agent's settings are checked and pinned; a
 * client's configuration is any object, for the client to make something of. An engine: the database is a port.
 */
import type { Client, clientMethods } from '../store/settings/clients.ts';

/** What is asked of the database. A rejection means that it is away. */
export type ClientStore = ReturnType<typeof clientMethods>;

/** Whoever may push may register: names made up in a loop must not fill the disk. */
const clientsMax = 10_000;

export class Clients {
  readonly #store: ClientStore;

  constructor(store: ClientStore) {
    this.#store = store;
  }

  /** null for one that nobody knows. Rejects when the database is away. */
  find(id: string): Promise<Client | null> {
    return this.#store.client(id);
  }

  /** By id, those behind `after`. */
  list(request: { readonly after: string; readonly countMax: number }): Promise<readonly Client[]> {
    return this.#store.clients(request);
  }

  /** What the client says of itself; null when there are too many of them. */
  register(client: {
    readonly id: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly config: Readonly<Record<string, unknown>>;
  }): Promise<Client | null> {
    return this.#store.registerClient({ ...client, clientsMax });
  }

  /** What people set at it; null gives it back to itself. */
  configure(change: Parameters<ClientStore['configureClient']>[0]) {
    return this.#store.configureClient(change);
  }

  remove(id: string): Promise<boolean> {
    return this.#store.removeClient(id);
  }
}

/** What the client is given: what people set, else what it said itself. */
export function configOf({ peopleConfig, ownConfig }: Client): Readonly<Record<string, unknown>> {
  return peopleConfig ?? ownConfig;
}
