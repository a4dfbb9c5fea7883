/**
 * How much of the hub one address, one agent, one viewer and one person may take: connections, upgrades, requests, messages
 * and bytes. Whoever takes more is refused or closed, and counted; nobody else is affected.
 *
 * This machine itself is bound by the totals only: thousands of simulated agents, or a proxy that is not named as trusted,
 * come from there. IPv6 is counted by its /64, of which one line has them all. An engine: addresses and clock come in.
 *
 * Invariant: at most `addressesMax` addresses without an open socket are known; the one that was quiet for longest is
 * forgotten first, and may then take a burst again.
 */
import { isLoopback } from './listening.ts';
import { addressGroup } from './peer-address.ts';
import { RateBucket } from './rate-bucket.ts';

export interface DoorLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly connectionsPerAddressPerSecMax: number;
  readonly requestsPerAddressPerSecMax: number;
  readonly agentMessagesPerSecMax: number;
  readonly agentBytesPerSecMax: number;
  readonly viewersPerPersonMax: number;
  readonly viewerMessagesPerSecMax: number;
}

export const limitNames = [
  'connections',
  'address_connections',
  'address_connection_rate',
  'address_requests',
  'agent_messages',
  'agent_bytes',
  'person_viewers',
  'viewer_messages',
] as const;
/** What was reached, as the metric and the log name it. */
export type LimitName = (typeof limitNames)[number];

export interface DoormanOptions {
  readonly limits: DoorLimits;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Somebody was refused or closed; the address is empty where there is no telling. */
  readonly onLimited: (limit: LimitName, address: string) => void;
}

interface Guest {
  socketCount: number;
  readonly connections: RateBucket;
  readonly requests: RateBucket;
}

export const addressesMax = 10_000;

/** What one open socket may still send. */
export interface Allowance {
  /** Takes one message; the name of the limit that it is beyond, or null. */
  take(bytes: number): LimitName | null;
}

export class Doorman {
  readonly #options: DoormanOptions;
  readonly #guests = new Map<string, Guest>();
  readonly #viewers = new Map<string, number>();
  #connectionCount = 0;

  constructor(options: DoormanOptions) {
    this.#options = options;
  }

  get limits(): DoorLimits {
    return this.#options.limits;
  }

  /** Open connections of all kinds. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  get addressCount(): number {
    return this.#guests.size;
  }

  /** WebSockets of the address that has most. */
  get addressSocketsMost(): number {
    let most = 0;
    for (const { socketCount } of this.#guests.values()) most = Math.max(most, socketCount);
    return most;
  }

  /** A connection was made; false when it is to be cut at once. Call `disconnected` for it in either case. `isTrusted`: it is a proxy. */
  connected(address: string, { isTrusted }: { readonly isTrusted: boolean }): boolean {
    this.#connectionCount += 1;
    if (this.#connectionCount > this.limits.connectionsMax) return this.#refuse('connections', address);
    if (isTrusted || isLoopback(address)) return true;
    const isInTime = this.#guestOf(address).connections.take(1, this.#options.nowMs());
    return isInTime || this.#refuse('address_connection_rate', address);
  }

  disconnected(): void {
    this.#connectionCount -= 1;
  }

  /** Whether a request may be answered. */
  requested(address: string): boolean {
    if (isLoopback(address)) return true;
    const isInTime = this.#guestOf(address).requests.take(1, this.#options.nowMs());
    return isInTime || this.#refuse('address_requests', address);
  }

  /** Whether a WebSocket may be opened. If so it counts until `closed`, whether it comes to be open or not. */
  opened(address: string, { isProxied }: { readonly isProxied: boolean }): boolean {
    const guest = this.#guestOf(address);
    if (!isLoopback(address)) {
      if (guest.socketCount >= this.limits.connectionsPerAddressMax)
        return this.#refuse('address_connections', address);
      // Otherwise the connection itself has been counted.
      if (isProxied && !guest.connections.take(1, this.#options.nowMs()))
        return this.#refuse('address_connection_rate', address);
    }
    guest.socketCount += 1;
    return true;
  }

  closed(address: string): void {
    const guest = this.#guests.get(addressGroup(address));
    if (guest !== undefined) guest.socketCount -= 1;
    this.#forget();
  }

  /** Whether this person or token may open one more dashboard. If so it counts until `viewerClosed`. */
  viewerOpened(person: string, address: string): boolean {
    const count = this.#viewers.get(person) ?? 0;
    if (count >= this.limits.viewersPerPersonMax && !isLoopback(address))
      return this.#refuse('person_viewers', address);
    this.#viewers.set(person, count + 1);
    return true;
  }

  viewerClosed(person: string): void {
    const count = this.#viewers.get(person) ?? 0;
    if (count > 1) this.#viewers.set(person, count - 1);
    else this.#viewers.delete(person);
  }

  /** For a new socket of an agent. */
  agentAllowance(address: string): Allowance {
    const { limits, nowMs } = this.#options;
    const messages = new RateBucket(limits.agentMessagesPerSecMax, nowMs());
    const bytes = new RateBucket(limits.agentBytesPerSecMax, nowMs());
    return {
      take: (byteCount) => {
        const atMs = nowMs();
        if (!messages.take(1, atMs)) return this.#close('agent_messages', address);
        return bytes.take(byteCount, atMs) ? null : this.#close('agent_bytes', address);
      },
    };
  }

  /** For a new socket of a viewer. */
  viewerAllowance(address: string): Allowance {
    const { limits, nowMs } = this.#options;
    const messages = new RateBucket(limits.viewerMessagesPerSecMax, nowMs());
    return { take: () => (messages.take(1, nowMs()) ? null : this.#close('viewer_messages', address)) };
  }

  #guestOf(address: string): Guest {
    const group = addressGroup(address);
    const known = this.#guests.get(group);
    if (known !== undefined) {
      // The map keeps its order by when an address was last seen.
      this.#guests.delete(group);
      this.#guests.set(group, known);
      return known;
    }
    const { limits, nowMs } = this.#options;
    const guest: Guest = {
      socketCount: 0,
      connections: new RateBucket(limits.connectionsPerAddressPerSecMax, nowMs()),
      requests: new RateBucket(limits.requestsPerAddressPerSecMax, nowMs()),
    };
    this.#guests.set(group, guest);
    this.#forget();
    return guest;
  }

  /** Those with open sockets are bounded by `connectionsMax`, and stay. */
  #forget(): void {
    if (this.#guests.size <= addressesMax) return;
    for (const [group, { socketCount }] of this.#guests) {
      if (socketCount > 0) continue;
      this.#guests.delete(group);
      if (this.#guests.size <= addressesMax) return;
    }
  }

  #refuse(limit: LimitName, address: string): false {
    this.#options.onLimited(limit, address);
    return false;
  }

  #close(limit: LimitName, address: string): LimitName {
    this.#options.onLimited(limit, address);
    return limit;
  }
}
