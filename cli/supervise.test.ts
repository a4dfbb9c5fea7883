import { describe, expect, test } from 'vitest';
import { type Child, Supervisor } from './supervise.ts';

/** A child that ends when told to, and everything that happened to all of them. */
function createWorld({ obeys = true } = {}) {
  const events: string[] = [];
  const exits: ((code: number | null) => void)[] = [];
  const world = { events, exits, nowMs: 0 };
  const supervisor = new Supervisor({
    start: (): Child => {
      events.push('start');
      let end: (code: number | null) => void = () => {};
      const exited = new Promise<number | null>((resolve) => {
        end = resolve;
      });
      exits.push(end);
      return {
        exited,
        terminate: () => {
          events.push('terminate');
          if (obeys) end(0);
        },
        kill: () => {
          events.push('kill');
          end(null);
        },
      };
    },
    wait: async (ms) => {
      events.push(`wait ${ms}`);
    },
    nowMs: () => world.nowMs,
    random: () => 0.5,
    onExit: (code, retryMs) => events.push(`exit ${code} ${retryMs}`),
  });
  return { ...world, world, supervisor };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('Supervisor', () => {
  test('starts a child that died again, each time after a longer wait', async () => {
    const { events, exits } = createWorld();
    for (const index of [0, 1, 2]) {
      exits[index]!(1);
      await settle();
    }
    expect(events.filter((event) => event.startsWith('wait'))).toEqual(['wait 500', 'wait 1000', 'wait 2000']);
    expect(exits).toHaveLength(4);
  });

  test('begins the backoff anew for a child that ran for a minute', async () => {
    const { events, exits, world } = createWorld();
    exits[0]!(1);
    await settle();
    exits[1]!(1);
    await settle();
    world.nowMs = 60_000;
    exits[2]!(null);
    await settle();
    expect(events.filter((event) => event.startsWith('exit'))).toEqual(['exit 1 500', 'exit 1 1000', 'exit null 500']);
  });

  test('leaves a child alone whose settings cannot be used', async () => {
    const { events, exits } = createWorld();
    exits[0]!(2);
    await settle();
    expect(events).toEqual(['start', 'exit 2 null']);
  });

  test('stop() asks the child to end and waits for it', async () => {
    const { events, supervisor } = createWorld();
    await supervisor.stop();
    expect(events.slice(0, 2)).toEqual(['start', 'terminate']);
    expect(events).not.toContain('kill');
  });

  test('stop() kills a child that does not listen', async () => {
    const { events, supervisor } = createWorld({ obeys: false });
    await supervisor.stop();
    expect(events).toEqual(['start', 'terminate', 'wait 10000', 'kill']);
  });
});
