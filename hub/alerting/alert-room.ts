/**
 * Everything about alerts on the main thread, put together: the judge of the stream, who is told, and what the engine has to
 * tell them of hosts, connections and storage.
 */
import type { AlertRow } from '#core/message.ts';
import type { AgentPresence } from '../agents.ts';
import type { AcceptedTick } from '../intake/intake.ts';
import type { HostIdentity, Registry } from '../registry.ts';
import type { StoredTarget } from '../store/alerts/record.ts';
import { troubleOf } from '../store/connect.ts';
import { Alerting, type AlertingPorts, type Definitions } from './alerting.ts';
import { DowntimeWatch } from './downtime-watch.ts';
import { Elsewhere } from './elsewhere.ts';
import { type HubClocks, Judge } from './judge.ts';
import type { HeardHost } from './judgement.ts';
import type { TellingSettings } from './telling.ts';

export interface AlertRoomPorts extends Omit<AlertingPorts, 'registry' | 'judge' | 'isDataError'> {
  readonly registry: Registry;
  clocks(): HubClocks;
  /** These reject when the database is away. */
  noteBye(hostId: number): Promise<void>;
  heardHosts(hostIds: readonly number[]): Promise<readonly HeardHost[]>;
  /** From now on `openAlerts` has an answer. */
  alertsKnown(): void;
}

export interface AlertRoomOptions {
  readonly hubId: string;
  /** Of the database (`hub.life`): another one after a restore. */
  readonly life: string;
  readonly settings: TellingSettings;
  /** Where the run before has stopped. */
  readonly targets: readonly StoredTarget[];
}

export class AlertRoom {
  readonly judge: Judge;
  readonly alerting: Alerting;
  readonly #elsewhere: Elsewhere;
  readonly #downtimeWatch: DowntimeWatch;
  readonly #ports: AlertRoomPorts;
  readonly #storedTargets: readonly StoredTarget[];
  /** Nothing is judged before it is known by what. */
  #isReady = false;

  /** The registry must know its hosts by now. */
  constructor(ports: AlertRoomPorts, { hubId, life, settings, targets }: AlertRoomOptions) {
    this.#ports = ports;
    this.#storedTargets = targets;
    this.judge = new Judge({
      judged: (judgement) => this.alerting.judged(judgement, ports.clocks()),
      mayJudge: () => this.alerting.hasRoom,
    });
    this.alerting = new Alerting(
      { ...ports, judge: this.judge, isDataError: (error) => troubleOf(error) === 'data' },
      { hubId, life, settings },
    );
    this.#elsewhere = new Elsewhere({ judge: this.judge, heardHosts: (hostIds) => ports.heardHosts(hostIds) });
    this.#downtimeWatch = new DowntimeWatch(ports.registry);
    for (const host of ports.registry.hosts()) this.judge.putHost(host.identity);
  }

  /** Rules, channels, downtimes and silences as they are now. With the first of them judging begins, where the run before has stopped. */
  setDefinitions(definitions: Definitions): void {
    this.alerting.setDefinitions(definitions);
    this.#downtimeWatch.set(definitions.downtimes, this.#ports.clocks().nowMs);
    if (this.#isReady) return;
    this.#isReady = true;
    this.alerting.restore(this.#storedTargets, this.#ports.clocks());
    this.#ports.alertsKnown();
  }

  /** All that are pending or firing; null before it is known where the run before has stopped. */
  openAlerts(): readonly AlertRow[] | null {
    return this.#isReady ? this.alerting.open() : null;
  }

  /** Downtimes and silences as they are now, at once. */
  setQuiet(quiet: Pick<Definitions, 'downtimes' | 'silences'>): void {
    this.alerting.setQuiet(quiet);
    this.#downtimeWatch.set(quiet.downtimes, this.#ports.clocks().nowMs);
  }

  /** A tick that has become the newest of its host's ring. */
  tick(tick: AcceptedTick): void {
    if (this.#isReady) this.judge.tick(tick, this.#ports.clocks().nowMonotonicMs);
  }

  /** What agents' connections say of their hosts. */
  get presence(): AgentPresence {
    const { judge } = this;
    const { clocks, noteBye, registry } = this.#ports;
    return {
      linked: (hostId, link) => {
        // It may be new: what has changed is told ten times a second only.
        const host = registry.host(hostId);
        if (host !== undefined) judge.putHost(host.identity);
        judge.linked(hostId, { ...clocks(), ...link });
      },
      unlinked: (hostId) => judge.unlinked(hostId, clocks()),
      newStream: (hostId, startWallMs) => judge.newStream(hostId, { ...clocks(), startWallMs }),
      bye: (hostId) => {
        judge.bye(hostId);
        noteBye(hostId).catch(() => {
          // The database is away. This hub knows it; one that starts meanwhile takes the silence for an outage.
        });
      },
    };
  }

  hostChanged(identity: HostIdentity): void {
    this.judge.putHost(identity);
    this.#downtimeWatch.hostChanged(identity.hostId);
  }

  /** Whether nothing waits to be recorded. */
  get isIdle(): boolean {
    return this.alerting.queuedCount === 0;
  }

  /** Call it every 100 ms. */
  poll(): void {
    if (!this.#isReady) return;
    const clocks = this.#ports.clocks();
    this.judge.poll(clocks);
    this.alerting.poll(clocks);
    this.#elsewhere.poll(clocks.nowMonotonicMs);
    this.#downtimeWatch.poll(clocks.nowMs);
  }

  /** Sends what waits to the database; nothing is judged any more. */
  drain(): void {
    if (this.#isReady) this.alerting.poll(this.#ports.clocks());
  }

  storageChanged(isAway: boolean): void {
    this.alerting.storageChanged(isAway, this.#ports.clocks());
  }
}
