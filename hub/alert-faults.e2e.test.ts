/** Alerts against the built hub: from a tick to a webhook, through crashes of both sides and of the database. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AlertSite, type SiteAgent } from './testing/alerts/alert-site.ts';
import { isSignedWith } from './testing/alerts/webhook-receiver.ts';
import { operatorFetch } from './testing/hub-process.ts';

const secret = 'a secret of the webhook';
const site = new AlertSite();
let agent: SiteAgent;

beforeAll(async () => {
  await site.start();
  await site.get('POST', '/api/v1/channels', {
    name: 'hook',
    kind: 'webhook',
    settings: { url: site.receiver.url(), secret },
  });
  const rule = { name: 'load', metric: 'load', condition: 'above', threshold: 10, for: 0, keep_firing: 0 };
  await site.get('POST', '/api/v1/rules', rule);
  agent = await site.addAgent('web');
});

afterAll(() => site.stop());

/** Everything is well, and told so. */
beforeEach(async () => {
  agent.value = 0;
  await settled();
  site.receiver.messages.splice(0);
});

const settings = { timeout: 20_000, interval: 50 };

async function says(...expected: readonly string[]): Promise<void> {
  await expect.poll(() => site.receiver.said(), settings).toEqual(expected);
}

/** No target fires, none is told so, and no notice waits. */
async function settled(): Promise<void> {
  const read = async () => {
    const [row] = await site.sql<{ open: number }[]>`
      select ((select count(*) from alert_target where phase = 'firing' or is_told)
        + (select count(*) from outbox where state in ('waiting', 'sending')))::int as open`;
    return row!.open;
  };
  await expect.poll(read, settings).toBe(0);
}

async function waitingCount(): Promise<number> {
  const [row] = await site.sql<{ count: number }[]>`
    select count(*)::int as count from outbox where state in ('waiting', 'sending')`;
  return row!.count;
}

/** Kinds and decisions of the newest alert. */
async function trace(): Promise<string[]> {
  const rows = await site.sql<{ kind: string; decision: string }[]>`
    select kind, decision from alert_event where alert = (select max(id) from alert) order by id`;
  return rows.map(({ kind, decision }) => `${kind} ${decision}`);
}

async function recorded(count: number): Promise<void> {
  await expect.poll(async () => (await trace()).length, settings).toBe(count);
}

/** Rules on series that are judged. */
async function ruleSeries(): Promise<number> {
  const text = await (await operatorFetch(`${site.hub.url}/metrics`)).text();
  return Number(/^pulsewire_hub_alert_rule_series (\d+)$/m.exec(text)?.[1]);
}

async function keysOfNewest(): Promise<string[]> {
  const rows = await site.sql<{ key: string }[]>`
    select key from alert_event where alert = (select max(id) from alert) order by id`;
  return rows.map(({ key }) => key);
}

describe('a value that crosses the threshold', () => {
  test('is told, signed, and told again when it is well', async () => {
    agent.value = 50;
    await says('fired web');
    agent.value = 0;
    await says('fired web', 'resolved web');
    expect(site.receiver.messages.every((message) => isSignedWith(secret, message))).toBe(true);
    const [fired, resolved] = site.receiver.messages.flatMap(({ events }) => events);
    expect(fired).toMatchObject({ status: 'firing', rule: 'load', host: 'web', series: 'load', value: 50 });
    expect(resolved).toMatchObject({ status: 'resolved', target: fired!.target, alert: fired!.alert });
    expect(resolved!.key).not.toBe(fired!.key);
  });

  test('can be asked why it was told', async () => {
    agent.value = 50;
    await says('fired web');
    const { alert } = site.receiver.messages[0]!.events[0]!;
    const explained = async () =>
      (await site.get<{ readonly explanation: readonly string[] }>('GET', `/api/v1/alerts/${alert}/trace`)).explanation;
    // Sent is noted after it was received.
    await expect.poll(async () => (await explained()).join('\n'), settings).toMatch(/hook: sent at .*HTTP 200/);
    expect((await explained())[0]).toMatch(/^The rule "load" .* above 10$/);
  });

  test('is shown to old clients', async () => {
    agent.value = 50;
    await says('fired web');
    const [newest] = await site.get<readonly Record<string, unknown>[]>(
      'GET',
      '/fetch/recent_alerts?hostname=web&limit=1',
    );
    expect(newest).toMatchObject({
      hostname: 'web',
      metric_name: 'load',
      value: 50,
      condition: 'above',
      threshold: 10,
    });
  });
});

test('a host that gets another name while a rule on it by name fires goes on firing, without a word', async () => {
  const before = await ruleSeries();
  const named = { name: 'by name', metric: 'load', condition: 'above', threshold: 20, for: 0, keep_firing: 0 };
  const { id } = await site.get<{ readonly id: number }>('POST', '/api/v1/rules', {
    ...named,
    hosts: { names: ['web'] },
  });
  agent.value = 50;
  await says('fired web', 'fired web');
  await site.get('PATCH', '/api/v1/hosts/web', { name: 'shop' });
  await delay(1_500);
  await site.get('PATCH', '/api/v1/hosts/shop', { name: 'web' });
  await delay(1_500);
  expect(site.receiver.said()).toEqual(['fired web', 'fired web']);
  agent.value = 0;
  await says('fired web', 'fired web', 'resolved web', 'resolved web');
  await site.get('DELETE', `/api/v1/rules/${id}`);
  // Rules are in force, and out of it, a moment after the answer.
  await expect.poll(ruleSeries, settings).toBe(before);
});

describe('what people keep quiet', () => {
  test('by a downtime is told once at its end, if it is not what was told', async () => {
    const nowSec = Date.now() / 1_000;
    const window = { hostname: 'web', start_time: nowSec - 600, end_time: nowSec + 600 };
    const { id } = await site.get<{ readonly id: number }>('POST', '/downtime', window);
    agent.value = 50;
    await recorded(1);
    await site.get('DELETE', '/downtime', { id });
    await says('told web firing');
    expect(await trace()).toEqual(['fired downtime', 'told told']);
  });

  test('by a downtime is not told at all when it is well again before the end', async () => {
    const nowSec = Date.now() / 1_000;
    const window = { hostname: 'web', start_time: nowSec - 600, end_time: nowSec + 600 };
    const { id } = await site.get<{ readonly id: number }>('POST', '/downtime', window);
    agent.value = 50;
    await recorded(1);
    agent.value = 0;
    await recorded(2);
    await site.get('DELETE', '/downtime', { id });
    // Something that is told comes after what is not.
    agent.value = 60;
    await says('fired web');
  });

  test('by a silence is told once when it is lifted', async () => {
    const silence = {
      rules: ['load'],
      until: new Date(Date.now() + 600_000).toISOString(),
      author: 'ann',
      comment: 'known',
    };
    const { id } = await site.get<{ readonly id: number }>('POST', '/api/v1/silences', silence);
    agent.value = 50;
    await recorded(1);
    await site.get('DELETE', `/api/v1/silences/${id}`);
    await says('told web firing');
    expect(await trace()).toEqual(['fired silenced', 'told told']);
  });

  test('by acknowledging is told all the same when it is well again', async () => {
    agent.value = 50;
    await says('fired web');
    const { alert } = site.receiver.messages[0]!.events[0]!;
    await site.get('POST', `/api/v1/alerts/${alert}/ack`, { by: 'ann', comment: 'on it' });
    expect(await trace()).toEqual(['fired told', 'acknowledged note']);
    agent.value = 0;
    await says('fired web', 'resolved web');
  });
});

describe('a receiver that fails', () => {
  test('is tried again, with the same key', async () => {
    site.receiver.status = 500;
    agent.value = 50;
    await recorded(1);
    const attempts = async () => {
      const [row] = await site.sql<{ attempts: number }[]>`select attempts from outbox order by id desc limit 1`;
      return row!.attempts;
    };
    await expect.poll(attempts, settings).toBeGreaterThan(0);
    site.receiver.status = 200;
    await says('fired web');
    expect(site.receiver.messages[0]!.events[0]!.key).toBe((await keysOfNewest())[0]);
  });
});

describe('a hub that ends', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s tells nothing again, and what has changed meanwhile',
    async (signal) => {
      agent.value = 50;
      await says('fired web');
      // Whoever dies before that is noted leaves its channel to itself until the lease ends, after a minute.
      await expect.poll(async () => await waitingCount(), settings).toBe(0);
      agent.disconnect();
      await site.hub.stop(signal);
      await site.startHub();
      await agent.connect();
      await delay(1_000);
      expect(site.receiver.said()).toEqual(['fired web']);
      agent.value = 0;
      await says('fired web', 'resolved web');
    },
  );

  test('after the commit and before the sending leaves nothing untold', async () => {
    site.receiver.status = 500;
    agent.value = 50;
    await recorded(1);
    agent.disconnect();
    await site.hub.stop('SIGKILL');
    site.receiver.status = 200;
    await site.startHub();
    // Killed while it sends, the hub leaves its channel to itself until the lease ends, after a minute.
    await expect.poll(() => site.receiver.said(), { timeout: 90_000, interval: 50 }).toEqual(['fired web']);
    await agent.connect();
  });
});

describe('a database that is away', () => {
  test('for a moment delays what is told, and changes nothing in it', async () => {
    await site.gate.close();
    agent.value = 50;
    await delay(3_000);
    expect(site.receiver.said()).toEqual([]);
    await site.gate.open();
    await says('fired web');
    expect(await trace()).toEqual(['fired told']);
  });

  test('for more than half a minute is told from memory once, and transitions under the keys that are recorded later', async () => {
    // One run of the hub says it once an hour, and this test may be tried again.
    agent.disconnect();
    await site.hub.stop('SIGTERM');
    await site.startHub();
    await agent.connect();
    await site.gate.close();
    const longer = { timeout: 60_000, interval: 200 };
    await expect.poll(() => site.receiver.said(), longer).toEqual(['storageDown hub']);
    agent.value = 50;
    await says('storageDown hub', 'fired web');
    const told = site.receiver.messages.flatMap(({ events }) => events).find(({ kind }) => kind === 'fired')!;
    await site.gate.open();
    await expect.poll(() => site.receiver.said(), longer).toEqual(['storageDown hub', 'fired web', 'storageBack hub']);
    await recorded(1);
    expect(await keysOfNewest()).toEqual([told.key]);
  });
});
