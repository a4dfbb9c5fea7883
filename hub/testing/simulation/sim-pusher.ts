/**
 * A client that pushes bodies: each body is a stream of its own, whose epoch comes from client and idempotency key, and
 * is ingested at once. It repeats a body until it is answered; the compare-and-swap recognises what is stored already.
 */
import type { Id128 } from '#core/message.ts';
import { itemCrc } from '#core/stream/item.ts';
import type { Oracle } from './oracle.ts';
import type { SimDatabase, StoredTick } from './sim-database.ts';
import type { World } from './world.ts';

const layoutId = 'ffeeddccbbaa9988';

export class SimPusher {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #database: SimDatabase;
  readonly clientId: Id128;
  waitingCount = 0;

  constructor(world: World, parts: { readonly oracle: Oracle; readonly database: SimDatabase }) {
    this.#world = world;
    this.#oracle = parts.oracle;
    this.#database = parts.database;
    this.clientId = world.id128();
  }

  push(): void {
    const epoch = this.#world.id128();
    const ticks: StoredTick[] = [];
    for (let seq = 1; seq <= this.#world.between(1, 4); seq += 1) {
      const column = new Uint8Array(Float64Array.of(this.#oracle.nextId()).buffer);
      const tick = { timeMs: this.#world.nowMs + seq, layoutId, column };
      this.#oracle.made(tick, { agentId: this.clientId, epoch, seq });
      ticks.push(tick);
    }
    this.waitingCount += 1;
    this.#try(epoch, ticks);
  }

  #try(epoch: Id128, ticks: readonly StoredTick[]): void {
    this.#world.after(this.#world.between(1, 100), () => {
      const isLostBefore = this.#world.chance(0.2);
      const isLostAfter = this.#world.chance(0.3);
      if (this.#database.isAway || isLostBefore) {
        this.#retry(epoch, ticks);
        return;
      }
      this.#store(epoch, ticks);
      if (isLostAfter) {
        this.#retry(epoch, ticks);
        return;
      }
      for (const tick of ticks) this.#oracle.tick(tick.column).isAccepted = true;
      this.waitingCount -= 1;
    });
  }

  #retry(epoch: Id128, ticks: readonly StoredTick[]): void {
    this.#world.after(this.#world.between(100, 2_000), () => this.#try(epoch, ticks));
  }

  #store(epoch: Id128, ticks: readonly StoredTick[]): void {
    const host = this.#database.enrol(this.clientId);
    const offer = {
      epoch,
      bootId: epoch,
      startWallMs: 0,
      startMonotonicMs: 0,
      oldest: 1,
      next: ticks.length + 1,
      acked: 0,
    };
    const [stream] = this.#database.open(host.id, [{ offer, shiftMs: 0 }]);
    this.#database.storeLayout(layoutId);
    if (stream!.storedSeq > 0) this.#world.tally.count('push retry recognised');
    else this.#world.tally.count('push stored');
    const lastSeq = ticks.length;
    const crc = itemCrc({ kind: 'tick', seq: lastSeq, ...ticks.at(-1)! });
    this.#database.ingest([
      { streamId: stream!.id, lease: stream!.lease, firstSeq: 1, lastSeq, ticks, reason: null, crc },
    ]);
  }
}
