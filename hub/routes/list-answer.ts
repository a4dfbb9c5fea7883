/**
 * Long lists as JSON: made in turns, so that ticks of others need not wait for them.
 */
import { type HttpAnswer, jsonAnswer } from '../http.ts';

/** A turn of the event loop by our own work. */
const turnMsMax = 4;

/** An array of what `show` makes of each item. */
export async function listAnswer<T>(items: readonly T[], show: (item: T) => unknown): Promise<HttpAnswer> {
  const members = await inTurns(items, (item) => JSON.stringify(show(item)));
  return { ...jsonAnswer(null), body: `[${members.join(',')}]` };
}

/** An object of what `show` makes of each item, by its name. */
export async function mapAnswer<T>(
  items: readonly T[],
  show: (item: T) => readonly [name: string, value: unknown],
): Promise<HttpAnswer> {
  const members = await inTurns(items, (item) => {
    const [name, value] = show(item);
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  return { ...jsonAnswer(null), body: `{${members.join(',')}}` };
}

async function inTurns<T>(items: readonly T[], write: (item: T) => string): Promise<string[]> {
  const members: string[] = [];
  let turnMs = performance.now();
  for (const item of items) {
    members.push(write(item));
    if (performance.now() - turnMs < turnMsMax) continue;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    turnMs = performance.now();
  }
  return members;
}
