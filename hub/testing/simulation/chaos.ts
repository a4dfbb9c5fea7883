/**
 * The faults of one seed: which kinds there are and how often they come is drawn per seed, so that some worlds see one
 * kind in plenty and others a mixture.
 */
import type { MemorySpoolState } from '#core/stream/memory-spool.ts';
import { ticksOf } from './checked-spool.ts';
import { idOf } from './oracle.ts';
import { SimAgent } from './sim-agent.ts';
import type { SimDatabase } from './sim-database.ts';
import type { Simulation } from './simulation.ts';

type Fault = () => void;

interface Snapshot {
  readonly agent: SimAgent;
  readonly state: MemorySpoolState;
  readonly clockOffsetMs: number;
  readonly atMs: number;
}

export class Chaos {
  readonly #simulation: Simulation;
  readonly #faults: readonly Fault[];
  readonly #meanMs: number;
  readonly #snapshots: Snapshot[] = [];
  #backup: ReturnType<SimDatabase['backup']> | null = null;
  #isOver = false;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    const { world } = simulation;
    const common: Fault[] = [
      () => this.#cut(),
      () => this.#killAgent(),
      () => this.#killHub(),
      () => this.#databaseAway(),
      () => this.#changeLayout(),
      () => simulation.pusher.push(),
      () => this.#raiseFloor(),
    ];
    const rare: Fault[] = [
      () => this.#snapshot(),
      () => this.#putSpoolBack(),
      () => this.#revert(),
      () => this.#clone(),
      () => this.#backUp(),
      () => this.#restoreDatabase(),
      () => this.#emptyDatabase(),
      () => this.#removeHost(),
      () => world.pick(simulation.agents).damage(),
      () => this.#setClock(),
    ];
    // Snapshot and revert, backup and restore belong together, so the rare ones come all or none.
    const isRare = world.chance(0.6);
    this.#faults = [...common, ...common, ...(isRare ? rare : [])].filter(() => world.chance(0.7));
    this.#meanMs = world.pick([1_000, 4_000, 15_000]);
  }

  start(): void {
    if (this.#isOver) return;
    const { world } = this.#simulation;
    world.after(world.between(0, this.#meanMs * 2), () => {
      if (this.#isOver) return;
      if (this.#faults.length > 0) world.pick(this.#faults)();
      this.start();
    });
  }

  /** No more faults; everything that is down comes up, and nothing new is sampled. */
  heal(): void {
    this.#isOver = true;
    const { agents, hubs, database } = this.#simulation;
    database.isAway = false;
    for (const hub of hubs) hub.start();
    for (const agent of agents) {
      agent.start();
      agent.isSampling = false;
    }
  }

  #cut(): void {
    const { world, agents } = this.#simulation;
    world.pick(agents).connection?.cut({ agent: world.between(0, 3_000), hub: world.between(0, 10_000) });
  }

  #killAgent(): void {
    const { world, agents } = this.#simulation;
    const agent = world.pick(agents);
    agent.kill();
    world.after(world.between(0, 10_000), () => agent.start());
  }

  #killHub(): void {
    const { world, hubs } = this.#simulation;
    const hub = world.pick(hubs);
    hub.kill();
    world.after(world.between(0, 10_000), () => hub.start());
  }

  #databaseAway(): void {
    const { world, database } = this.#simulation;
    if (database.isAway) return;
    world.note('database away');
    database.isAway = true;
    world.after(world.pick([500, 5_000, 40_000]), () => {
      world.note('database back');
      database.isAway = false;
    });
  }

  /** What is older than some seconds expires: backlogs become gaps, in part. */
  #raiseFloor(): void {
    const { world, database } = this.#simulation;
    if (!world.chance(0.3)) return;
    database.floorMs = Math.max(database.floorMs, world.nowMs - world.between(3_000, 30_000));
    world.note('floor raised');
  }

  #changeLayout(): void {
    const { world, agents } = this.#simulation;
    const agent = world.pick(agents);
    if (world.chance(0.7)) agent.changeLayout(world.between(1, 4));
    else agent.changeInterval(world.pick([500, 1_000, 2_000]));
  }

  #snapshot(): void {
    const { world, agents } = this.#simulation;
    const agent = world.pick(agents);
    if (!agent.isRunning) return;
    const { clockOffsetMs } = agent.shape;
    this.#snapshots.push({ agent, state: agent.spool.snapshot(), clockOffsetMs, atMs: world.nowMs });
  }

  #putSpoolBack(): void {
    const { world } = this.#simulation;
    if (this.#snapshots.length === 0) return;
    const { agent, state } = world.pick(this.#snapshots);
    if (!agent.isRunning) return;
    world.tally.count('spool restored');
    agent.kill();
    agent.putBack(state);
    agent.start();
  }

  #revert(): void {
    const { world } = this.#simulation;
    if (this.#snapshots.length === 0) return;
    const snapshot = world.pick(this.#snapshots);
    if (!snapshot.agent.isRunning) return;
    world.tally.count('machine reverted');
    snapshot.agent.revert(snapshot);
  }

  /** The same machine twice, memory included: both go on in the same epoch. */
  #clone(): void {
    const { world, agents, oracle, parts } = this.#simulation;
    const agent = world.pick(agents);
    if (!agent.isRunning || agents.length > 4) return;
    world.tally.count('spool cloned');
    const copy = new SimAgent({ ...agent.shape, spool: agent.spool.clone() }, parts);
    for (const tick of ticksOf(copy.spool)) oracle.tick(tick.column).isCopied = true;
    copy.token = agent.token;
    copy.bootId = agent.bootId;
    agents.push(copy);
    world.note(`agent ${agent.shape.agentId.slice(0, 4)} is cloned`);
    copy.resume();
  }

  #backUp(): void {
    this.#backup = this.#simulation.database.backup();
  }

  #restoreDatabase(): void {
    const { world, database } = this.#simulation;
    if (this.#backup === null || this.#backup.hubId !== database.hubId) return;
    world.note('database restored');
    world.tally.count('database restored');
    this.#undo(() => database.restore(this.#backup!));
    this.#backup = database.backup();
    if (world.chance(0.5)) this.#restartHubs();
  }

  #emptyDatabase(): void {
    const { world, database } = this.#simulation;
    if (!world.chance(0.3)) return;
    world.note('database emptied');
    world.tally.count('database emptied');
    this.#undo(() => database.empty());
    this.#restartHubs();
  }

  #removeHost(): void {
    const { world, database, agents } = this.#simulation;
    const host = database.hostOfAgent(world.pick(agents).shape.agentId);
    if (host === undefined || !world.chance(0.3)) return;
    world.note(`host ${host.agentId.slice(0, 4)} removed`);
    world.tally.count('host removed');
    this.#undo(() => database.remove(host.id));
  }

  #setClock(): void {
    const { world, agents } = this.#simulation;
    world.pick(agents).setClock(world.pick([0, 10_000, -3_600_000, 86_400_000]));
  }

  #restartHubs(): void {
    for (const hub of this.#simulation.hubs) {
      hub.kill();
      hub.start();
    }
  }

  /** Does something to the database that loses stored ticks: those that no spool holds are excused. */
  #undo(change: () => void): void {
    const { database, agents, oracle } = this.#simulation;
    const ids = database.storedIds();
    const places = database.gapPlaces();
    change();
    for (const id of database.storedIds()) ids.delete(id);
    for (const place of database.gapPlaces()) places.delete(place);
    oracle.undone(
      { ids, places },
      new Set(agents.flatMap((agent) => ticksOf(agent.spool).map((tick) => idOf(tick.column)))),
    );
  }
}
