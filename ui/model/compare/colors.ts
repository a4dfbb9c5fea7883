/**
 * Colour and dash of each line. Up to eight lines have one each, by their place in the choice; of more, those that
 * lead the ranking have, and the rest is quiet. A line keeps its colour as long as it leads. Pure.
 */

/** As many as people can tell apart; the ninth colour of the palette means "other". */
export const coloredMax = 8;

export interface LineLook {
  /** Token of its colour. */
  readonly color: string;
  /** 0 solid; others are dash patterns. */
  readonly dash: number;
}

/** Lines that are there to show where the others are. */
export const quietLook: LineLook = { color: 'chart-gap', dash: 0 };

const dashCount = 4;

export function lookOf(slot: number): LineLook {
  return { color: `c${slot + 1}`, dash: slot % dashCount };
}

/**
 * Slot 0..7 of each line that has a colour. `leading` are lines, the first first; `before` is what this gave the last
 * time, an empty map at first.
 */
export function colorSlots(leading: readonly number[], before: ReadonlyMap<number, number>): Map<number, number> {
  const colored = leading.slice(0, coloredMax);
  const slots = new Map<number, number>();
  for (const line of colored) {
    const slot = before.get(line);
    if (slot !== undefined) slots.set(line, slot);
  }
  const taken = new Set(slots.values());
  let free = 0;
  for (const line of colored) {
    if (slots.has(line)) continue;
    while (taken.has(free)) free += 1;
    taken.add(free);
    slots.set(line, free);
  }
  return slots;
}
