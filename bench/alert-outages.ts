/**
 * The second half of `alerts`: hosts that vanish one by one and all at once, a host that hangs, one that is back before
 * anybody needs to know, and a value that flaps, each with what people are told of it.
 */
import type { AgentsMethods } from './agents.process.ts';
import { type CommittedEvent, readEvents } from './alert-database.ts';
import { highValue, hostNameOf } from './alert-rules.ts';
import type { Clock } from './clock.ts';
import type { Generator } from './generator.ts';
import type { Figures, ScenarioContext } from './scenario.ts';
import type { AlertsScenario, OutagePlan } from './scenarios.ts';
import { type Session, sleep, withAgents } from './session.ts';
import type { NoticedEvent, WebhookReceiver } from './webhook-receiver.ts';

const prefix = 'bench';
const waitMsMax = 120_000;

interface OutageStage {
  readonly scenario: AlertsScenario;
  readonly outages: OutagePlan;
  readonly context: ScenarioContext;
  readonly session: Session;
  readonly agents: Generator<AgentsMethods>;
  readonly receiver: WebhookReceiver;
  readonly clock: Clock;
}

interface Findings {
  readonly figures: Figures;
  readonly problems: readonly string[];
}

export async function runOutages(stage: OutageStage): Promise<Findings> {
  const { metricCount, intervalMs, seed } = stage.scenario;
  const { port } = stage.session.hub.folder;
  const one = { port, agentCount: 1, metricCount, tickCount: 60, intervalMs, replays: true, startsInMs: 2_000, seed };
  const flapTicks = Math.ceil(stage.outages.flapMs / intervalMs);
  const wave = { host: 0, metric: 0, fromTick: 5, halfTicks: 1, toTick: 5 + flapTicks, high: highValue };
  return await withAgents({ ...one, prefix: 'flap', waves: [wave] }, (flapping) =>
    withAgents({ ...one, prefix: 'hang' }, async (hanging) => {
      for (const agents of [flapping, hanging]) {
        await agents.call('connect', { perSecond: 1, count: 1 });
        await agents.call('startTicks', null);
      }
      const flapFromMs = stage.clock.nowMs();
      const findings = [
        await killOne(stage),
        await hangOne(stage, hanging),
        await blinkOne(stage),
        await cutAll(stage),
      ];
      await sleep(flapFromMs + stage.outages.flapMs + stage.scenario.noticeIntervalMs + 10_000 - stage.clock.nowMs());
      findings.push(await judgeFlapping(stage));
      for (const agents of [flapping, hanging]) await agents.call('stopTicks', null);
      return {
        figures: Object.assign({}, ...findings.map(({ figures }) => figures)) as Figures,
        problems: findings.flatMap(({ problems }) => problems),
      };
    }),
  );
}

/** The connection of one agent ends as by `kill -9`. */
async function killOne(stage: OutageStage): Promise<Findings> {
  const { agents, context } = stage;
  context.say('One agent is killed');
  const range = { from: 0, count: 1 };
  const atMs = await agents.call('cut', range);
  const found = await untilDown(stage, { hostName: hostNameOf(prefix, 0), fromMs: atMs });
  await agents.call('restore', { ...range, perSecond: 1 });
  await untilBack(stage, { hostName: hostNameOf(prefix, 0), fromMs: atMs });
  return {
    figures: { killToFiringSec: found.firingSec, killToWebhookSec: found.webhookSec },
    problems: found.problems,
  };
}

/** One agent stands still with its socket open: SIGSTOP, as a cut cable to the hub. */
async function hangOne(stage: OutageStage, hanging: Generator<AgentsMethods>): Promise<Findings> {
  stage.context.say('One agent hangs, its connection open');
  const hostName = hostNameOf('hang', 0);
  // As in `cutAll`.
  await sleep(stage.scenario.noticeIntervalMs);
  const atMs = stage.clock.nowMs();
  process.kill(hanging.pid, 'SIGSTOP');
  const found = await untilDown(stage, { hostName, fromMs: atMs });
  process.kill(hanging.pid, 'SIGCONT');
  await untilBack(stage, { hostName, fromMs: atMs });
  return {
    figures: { hangToFiringSec: found.firingSec, hangToWebhookSec: found.webhookSec },
    problems: found.problems,
  };
}

/** One agent is away for some seconds, as by a restart. */
async function blinkOne(stage: OutageStage): Promise<Findings> {
  const { agents, context, session, receiver } = stage;
  context.say(`One agent is away for ${stage.outages.blinkMs} ms`);
  const range = { from: 1, count: 1 };
  const hostName = hostNameOf(prefix, 1);
  const fromMs = await agents.call('cut', range);
  await sleep(stage.outages.blinkMs);
  await agents.call('restore', { ...range, perSecond: 1 });
  await sleep(15_000);
  const recorded = (await readEvents(session.database.sql)).filter(
    (event) => isDown(event) && event.hostName === hostName,
  );
  const told = receiver.messages((event) => event.hostName === hostName, fromMs);
  return {
    figures: { blinkEvents: recorded.length, blinkMessages: told.length },
    problems:
      recorded.length + told.length === 0
        ? []
        : [`${hostName} was back in time and must not be told of: got ${told.length} messages`],
  };
}

/** All agents but two vanish at once, and are back some time after. */
async function cutAll(stage: OutageStage): Promise<Findings> {
  const { agents, context, scenario, receiver, session } = stage;
  // What was told before belongs to other outages: the distance between messages shall not be in this one's figures.
  await sleep(scenario.noticeIntervalMs);
  context.say(`${scenario.agentCount} agents are cut off at once`);
  const range = { from: 0, count: scenario.agentCount };
  const cutMs = await agents.call('cut', range);
  await sleep(stage.outages.cutMs);
  const backMs = await agents.call('restore', { ...range, perSecond: scenario.connectsPerSec });
  context.say('They are back');
  await sleep(stage.outages.cutMs);
  const isOutage = (event: NoticedEvent) => isDown(event) && !event.hostName.startsWith('hang');
  const all = receiver.messages(isOutage, cutMs);
  const away = all.filter(({ atMs }) => atMs < backMs);
  const lastSec = ((away.at(-1)?.atMs ?? Number.NaN) - cutMs) / 1_000;
  const firing = (await readEvents(session.database.sql)).filter(
    (event) => isDown(event) && event.kind === 'fired' && event.committedMs > cutMs,
  );
  return {
    figures: {
      massMessages: away.length,
      massFirstSec: ((away[0]?.atMs ?? Number.NaN) - cutMs) / 1_000,
      massLastSec: lastSec,
      massBackMessages: all.length - away.length,
      massFired: firing.length,
    },
    problems: [
      ...(away.length >= 1 && away.length <= 3 ? [] : [`all hosts down must be 1 to 3 messages: got ${away.length}`]),
      ...(lastSec <= 60 ? [] : [`all hosts down must be told within 60 s: got ${lastSec}`]),
    ],
  };
}

async function judgeFlapping({ receiver, session, outages, scenario }: OutageStage): Promise<Findings> {
  const isFlap = ({ ruleName }: { readonly ruleName: string }) => ruleName === 'flap';
  const messages = receiver.messages(isFlap).length;
  const transitions = (await readEvents(session.database.sql)).filter(isFlap).length;
  // The first at once, one for each interval that has begun, and the last.
  const messagesMax = 2 + Math.ceil(outages.flapMs / scenario.noticeIntervalMs);
  return {
    figures: { flapTransitions: transitions, flapMessages: messages, flapMessagesMax: messagesMax },
    problems: [
      ...(messages <= messagesMax
        ? []
        : [`a value that flaps must make at most ${messagesMax} messages: got ${messages}`]),
      ...(transitions > 10 ? [] : [`a value that flaps must be recorded: got ${transitions} transitions`]),
    ],
  };
}

const downCauses: readonly (string | null)[] = ['host_down', 'mass_outage', 'hostDown', 'massOutage'];

function isDown({ cause }: { readonly cause: string | null }): boolean {
  return downCauses.includes(cause);
}

interface Outage {
  readonly hostName: string;
  readonly fromMs: number;
}

/** Waits until the host is recorded as down, and told so. */
async function untilDown(
  stage: OutageStage,
  outage: Outage,
): Promise<{ readonly firingSec: number; readonly webhookSec: number; readonly problems: readonly string[] }> {
  const recorded = await untilRecorded(stage, outage, 'fired');
  const untilMs = performance.now() + waitMsMax;
  const isMeant = (event: NoticedEvent) => isDown(event) && event.hostName === outage.hostName && event.isFiring;
  while (
    recorded !== null &&
    stage.receiver.messages(isMeant, outage.fromMs).length === 0 &&
    performance.now() < untilMs
  )
    await sleep(50);
  const told = stage.receiver.messages(isMeant, outage.fromMs)[0];
  return {
    firingSec: recorded === null ? Number.NaN : (recorded.committedMs - outage.fromMs) / 1_000,
    webhookSec: told === undefined ? Number.NaN : (told.atMs - outage.fromMs) / 1_000,
    problems: told === undefined ? [`${outage.hostName} must be told to be down: got nothing`] : [],
  };
}

async function untilBack(stage: OutageStage, outage: Outage): Promise<void> {
  await untilRecorded(stage, outage, 'resolved');
}

async function untilRecorded(stage: OutageStage, outage: Outage, kind: string): Promise<CommittedEvent | null> {
  const untilMs = performance.now() + waitMsMax;
  while (performance.now() < untilMs) {
    const events = await readEvents(stage.session.database.sql);
    const found = events.find(
      (event) =>
        isDown(event) && event.kind === kind && event.hostName === outage.hostName && event.committedMs > outage.fromMs,
    );
    if (found !== undefined) return found;
    await sleep(200);
  }
  return null;
}
