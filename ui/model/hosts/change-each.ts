/** One change to many hosts, a few of them at a time: the hub is not asked for thousands at once, and nobody waits for one after another. */

export const changedAtOnce = 4;

export interface HostChange {
  /** Why it could not be changed; null when it has been, or had nothing to be changed. */
  readonly change: (name: string) => Promise<string | null>;
  /** After each. */
  readonly done: () => void;
}

/** Why some could not be changed. */
export async function changeEach(names: readonly string[], { change, done }: HostChange): Promise<readonly string[]> {
  const whys: string[] = [];
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const why = await change(name);
      if (why !== null) whys.push(why);
      done();
    }
  };
  await Promise.all(Array.from({ length: changedAtOnce }, work));
  return whys;
}
