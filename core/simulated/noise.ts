/**
 * Randomness without a state: a number that follows from a seed and a place, so that any part of a made-up curve can
 * be computed by itself and comes out the same. Hot path of `pulsewire simulate`: a few integer multiplications each.
 */

/** Mixes two 32-bit numbers into one that looks like neither. Finisher of MurmurHash3 (Appleby, public domain). */
export function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  hash = Math.imul(hash ^ Math.imul(b, 0x27d4eb2f), 0x165667b1);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** 0 ≤ x < 1 of a place. */
export function uniformAt(seed: number, place: number): number {
  return mix(seed, place) / 4_294_967_296;
}

/** −1 < x < 1 of a hash, near 0 more often than near the ends: the difference of its halves. */
export function triangular(hash: number): number {
  return ((hash & 0xffff) - (hash >>> 16)) / 65_536;
}

/** A seed of its own for each thing that varies: what is drawn for one says nothing about another. */
export function seedOf(seed: number, what: string): number {
  let hash = seed >>> 0;
  for (let index = 0; index < what.length; index += 1) hash = mix(hash, what.charCodeAt(index));
  return hash;
}

/**
 * A smooth wander between −1 and 1: random heights at the ends of cells of `cellMs`, joined by smoothstep. It keeps the
 * cell it is in, which is all that its state is: the same instant gives the same value in whatever order it is asked.
 */
export class Wander {
  readonly #seed: number;
  readonly #cellMs: number;
  #startMs = Number.NaN;
  #from = 0;
  #to = 0;

  constructor(seed: number, cellMs: number) {
    this.#seed = seed;
    this.#cellMs = cellMs;
  }

  at(timeMs: number): number {
    let part = (timeMs - this.#startMs) / this.#cellMs;
    if (!(part >= 0 && part < 1)) {
      const cell = Math.floor(timeMs / this.#cellMs);
      this.#startMs = cell * this.#cellMs;
      this.#from = this.#heightAt(cell);
      this.#to = this.#heightAt(cell + 1);
      part = (timeMs - this.#startMs) / this.#cellMs;
    }
    return this.#from + (this.#to - this.#from) * part * part * (3 - 2 * part);
  }

  #heightAt(cell: number): number {
    return uniformAt(this.#seed, cell) * 2 - 1;
  }
}
