import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LinkState } from '#core/stream/agent-link.ts';
import { type FleetAgent, SimulatedFleet } from './fleet.ts';

class ListedAgent implements FleetAgent {
  linkState: LinkState | null = null;
  tickCount = 3;
  checkCount = 0;
  isStopped = false;

  check(): void {
    this.checkCount += 1;
    this.linkState ??= 'greeting';
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('SimulatedFleet starts a few agents at a time and checks those each second', async () => {
  const agents = Array.from({ length: 12 }, () => new ListedAgent());
  const fleet = new SimulatedFleet(agents);
  fleet.start();
  const counts = () => agents.filter(({ checkCount }) => checkCount > 0).length;
  expect(counts()).toBe(5);
  vi.advanceTimersByTime(50);
  expect(counts()).toBe(10);
  vi.advanceTimersByTime(2_950);
  expect(agents.map(({ checkCount }) => checkCount)).toEqual(agents.map(() => 4));
  await fleet.stop();
  expect(agents.every(({ isStopped }) => isStopped)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('SimulatedFleet counts who runs and who is connected', () => {
  const agents = Array.from({ length: 4 }, () => new ListedAgent());
  agents[0]!.linkState = 'streaming';
  agents[1]!.linkState = 'closed';
  agents[2]!.linkState = 'starved';
  expect(new SimulatedFleet(agents).state).toEqual({ agentCount: 4, upCount: 3, openCount: 2, tickCount: 12 });
});
