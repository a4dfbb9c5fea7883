/**
 * The targets that alerting remembers, and those of them that are looked at each second. All that fire, are pending, or
 * that people believe something else of; of the others as many as there is room for.
 */
import { type AlertTarget, isIdle, isUntold, mapKeyOf, newTarget } from './alert-target.ts';
import type { TargetName } from './judgement.ts';

/** So many of those that say nothing are remembered, for their `seq`: what is forgotten is learnt anew when it fires. */
export const idleTargetsMax = 100_000;

export class AlertTargets {
  readonly #idleMax: number;
  readonly #all = new Map<string, AlertTarget>();
  readonly #untold = new Set<AlertTarget>();
  readonly #firing = new Set<AlertTarget>();
  readonly #firingFleet = new Set<AlertTarget>();

  constructor(idleMax: number) {
    this.#idleMax = idleMax;
  }

  get count(): number {
    return this.#all.size;
  }

  /** Of which people believe something else than what is so. */
  get untold(): ReadonlySet<AlertTarget> {
    return this.#untold;
  }

  get firing(): ReadonlySet<AlertTarget> {
    return this.#firing;
  }

  /** Of those that fire, the ones of no single host. */
  get firingFleet(): ReadonlySet<AlertTarget> {
    return this.#firingFleet;
  }

  all(): IterableIterator<AlertTarget> {
    return this.#all.values();
  }

  find(name: TargetName): AlertTarget | undefined {
    return this.#all.get(mapKeyOf(name));
  }

  findOrAdd(name: TargetName): AlertTarget {
    const known = this.find(name);
    if (known !== undefined) return known;
    const target = newTarget(name);
    this.add(target);
    return target;
  }

  add(target: AlertTarget): void {
    this.#all.set(mapKeyOf(target.name), target);
    this.note(target);
  }

  remove({ name }: AlertTarget): void {
    this.#all.delete(mapKeyOf(name));
  }

  /** Its phase, or what people were told of it, has changed. */
  note(target: AlertTarget): void {
    const isFiring = target.phase === 'firing';
    setMember(this.#untold, target, isUntold(target));
    setMember(this.#firing, target, isFiring);
    setMember(this.#firingFleet, target, isFiring && target.name.hostId === 0);
  }

  /** Series that come and go for ever would fill memory: those known longest go first. */
  forgetIdle(): void {
    if (this.#all.size <= this.#idleMax) return;
    let excess = -this.#idleMax;
    for (const target of this.#all.values()) if (isIdle(target)) excess += 1;
    for (const [key, target] of this.#all) {
      if (excess <= 0) return;
      if (!isIdle(target)) continue;
      this.#all.delete(key);
      excess -= 1;
    }
  }
}

function setMember<T>(set: Set<T>, member: T, isMember: boolean): void {
  if (isMember) set.add(member);
  else set.delete(member);
}
