/**
 * What people do to hosts: alias, tags, name, removal. The database decides; then everything in memory that knows the
 * host follows. What is done by another hub on the same database is read every few seconds. An engine: the database is a port.
 */
import { HttpError } from './http.ts';
import type { Host, Registry } from './registry.ts';
import type { KnownHost } from './store/admission.ts';
import type { EditAnswer, HostChanges, HostEdit } from './store/host-edits.ts';

export interface HostsPorts {
  readonly registry: Registry;
  /** These three reject when the database is away. */
  edit(edit: HostEdit): Promise<EditAnswer>;
  /** Answers the id of the removed host; null when there is none of that name. */
  remove(hostName: string): Promise<number | null>;
  readChanges(since: string): Promise<HostChanges>;
  /** Everything else lets go of this host, which the registry has forgotten already. */
  onRemoved(host: Host): void;
  /** The registry knows the host by its new name already. */
  onRenamed(host: Host): void;
  /** Whatever is remembered by this name belongs to another host now, or to none. */
  onNameFreed(hostName: string): void;
}

export class Hosts {
  readonly #ports: HostsPorts;
  #readAt: string;

  /** `readAt`: how far the registry knows of changes. */
  constructor(ports: HostsPorts, readAt: string) {
    this.#ports = ports;
    this.#readAt = readAt;
  }

  /** Answers the host as it is now. Throws HttpError: 404, 409 for a name that another host has, 503 while the database is away. */
  async edit(edit: HostEdit): Promise<Host> {
    const answer = await this.#ports.edit(edit).catch(() => {
      throw awayError('change');
    });
    if (answer.kind === 'unknown') throw unknownHostError(edit.hostName);
    if (answer.kind === 'taken') {
      throw new HttpError(409, `Cannot rename host: the name ${JSON.stringify(edit.newName)} belongs to another host`);
    }
    const host = this.#learn(answer.host);
    if (host === null) throw unknownHostError(edit.hostName);
    return host;
  }

  /** Settles when the host is hidden and its name is free. Throws HttpError: 404, 503 while the database is away. */
  async remove(hostName: string): Promise<void> {
    const hostId = await this.#ports.remove(hostName).catch(() => {
      throw awayError('remove');
    });
    if (hostId === null) throw unknownHostError(hostName);
    this.#ports.registry.bury(hostId);
    this.#forget(hostId);
  }

  /** Follows what was done elsewhere: hosts removed, archived, brought back, described. Rejects when the database is away. */
  async follow(): Promise<void> {
    const { registry, readChanges } = this.#ports;
    // Whoever comes while the database is being read need not be in the answer.
    const before = [...registry.hosts()].map((host) => host.identity.hostId);
    const { livingIds, changed, readAt } = await readChanges(this.#readAt);
    this.#readAt = readAt;
    const living = new Set(livingIds);
    for (const hostId of before) if (!living.has(hostId)) this.#forget(hostId);
    registry.turnBurials();
    for (const host of changed) this.learned(host);
  }

  /** Something else has changed this host in the database. */
  learned(identity: KnownHost): void {
    const known = this.#ports.registry.host(identity.hostId)?.identity;
    if (known === undefined || known.version < identity.version) this.#learn(identity);
  }

  #learn(identity: KnownHost): Host | null {
    const { registry, onNameFreed, onRenamed } = this.#ports;
    const before = registry.host(identity.hostId)?.identity;
    // The interval that its ticks have is known better here.
    const host = registry.put({ ...identity, intervalMs: before?.intervalMs ?? identity.intervalMs });
    if (before?.name !== identity.name) {
      if (before !== undefined) onNameFreed(before.name);
      onNameFreed(identity.name);
      if (before !== undefined && host !== null) onRenamed(host);
    }
    return host;
  }

  #forget(hostId: number): void {
    const host = this.#ports.registry.remove(hostId);
    if (host === null) return;
    this.#ports.onNameFreed(host.identity.name);
    this.#ports.onRemoved(host);
  }
}

export function unknownHostError(hostName: string): HttpError {
  return new HttpError(404, `Cannot find host: got ${JSON.stringify(hostName.slice(0, 200))}`);
}

function awayError(verb: 'change' | 'remove'): HttpError {
  return new HttpError(503, `Cannot ${verb} host: the database is away`, { 'retry-after': '10' });
}
