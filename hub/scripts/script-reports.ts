/**
 * What agents report of scripts: kept for the admin pages, and written down in the audit log where it matters, which is when
 * an agent refuses a script and when a version runs for the first time on a host.
 *
 * Reports of one agent are put together until they are stored; so what waits is bounded by the hosts and the scripts that
 * there are. Agents are hostile: names that are not the hub's own are passed over, and one agent fills no audit log.
 */
import type { ScriptReport, ScriptReports } from '#core/message.ts';
import type { AuditEvent, AuditEvents } from '../access/audit.ts';
import type { HostIdentity } from '../registry.ts';
import type { ReportChange, ReportedScript, ScriptMethods } from '../store/scripts.ts';

export interface ReportPorts {
  readonly store: Pick<ScriptMethods, 'storeScriptReports' | 'reportedScripts'>;
  readonly hostOf: (hostId: number) => HostIdentity | undefined;
  readonly isKnown: (name: string) => boolean;
  readonly audit: AuditEvents;
  readonly nowMs: () => number;
}

type Remembered = Pick<ReportedScript, 'version' | 'state' | 'ranVersion'>;

interface Waiting {
  door: Pick<ReportChange, 'door' | 'problem' | 'keys'>;
  /** Those of a whole list and since; null before one. A set: names are as few as the hub's scripts, messages are not. */
  onlyNames: Set<string> | null;
  readonly reports: Map<string, ReportChange['reports'][number]>;
}

/** Audit entries by one agent in a minute; more are counted. */
const auditsPerMinuteMax = 20;
/** Agents in one statement. */
const storedAtOnceMax = 200;

export class ScriptReportBook {
  readonly #ports: ReportPorts;
  readonly #remembered = new Map<number, Map<string, Remembered>>();
  #waiting = new Map<number, Waiting>();
  #isStoring = false;
  #isRead = false;
  #audits = new Map<number, number>();
  #auditMinute = 0;
  droppedAudits = 0;

  constructor(ports: ReportPorts) {
    this.#ports = ports;
  }

  /** Agents whose reports are not stored yet. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Takes a message of an agent. */
  reported(hostId: number, { door, problem, keys, isWhole, reports }: ScriptReports): void {
    const known = reports.filter(({ name }) => this.#ports.isKnown(name));
    const waiting = this.#waitingOf(hostId, { door, problem, keys });
    if (isWhole) {
      waiting.reports.clear();
      waiting.onlyNames = new Set();
    }
    for (const { name } of known) waiting.onlyNames?.add(name);
    const remembered = this.#rememberedOf(hostId);
    for (const report of known) {
      const ranVersion = this.#notice(hostId, report, remembered.get(report.name));
      remembered.set(report.name, { version: report.version, state: report.state, ranVersion });
      waiting.reports.set(report.name, { report, ranVersion });
    }
  }

  removed(hostId: number): void {
    this.#remembered.delete(hostId);
    this.#waiting.delete(hostId);
  }

  /** Stores what waits. Rejects when the database is away; then it goes on waiting. */
  async store(): Promise<void> {
    if (this.#isStoring) return;
    this.#isStoring = true;
    try {
      await this.#readOnce();
      while (this.#waiting.size > 0) {
        const part = [...this.#waiting].slice(0, storedAtOnceMax);
        for (const [hostId] of part) this.#waiting.delete(hostId);
        try {
          await this.#ports.store.storeScriptReports(part.map(toChange));
        } catch (error) {
          for (const [hostId, waiting] of part) this.#putBack(hostId, waiting);
          throw error;
        }
      }
    } finally {
      this.#isStoring = false;
    }
  }

  /** What was reported to an earlier run of the hub; what has come since is newer. */
  async #readOnce(): Promise<void> {
    if (this.#isRead) return;
    for (const { hostId, name, ...remembered } of await this.#ports.store.reportedScripts(null)) {
      const own = this.#rememberedOf(hostId);
      if (!own.has(name)) own.set(name, remembered);
    }
    this.#isRead = true;
  }

  #waitingOf(hostId: number, door: Waiting['door']): Waiting {
    const known = this.#waiting.get(hostId);
    if (known !== undefined) {
      known.door = door;
      return known;
    }
    const waiting: Waiting = { door, onlyNames: null, reports: new Map() };
    this.#waiting.set(hostId, waiting);
    return waiting;
  }

  #rememberedOf(hostId: number): Map<string, Remembered> {
    const known = this.#remembered.get(hostId);
    if (known !== undefined) return known;
    const remembered = new Map<string, Remembered>();
    this.#remembered.set(hostId, remembered);
    return remembered;
  }

  /** Of two reports the newer stays. */
  #putBack(hostId: number, older: Waiting): void {
    const newer = this.#waiting.get(hostId);
    if (newer === undefined) {
      this.#waiting.set(hostId, older);
      return;
    }
    if (newer.onlyNames !== null) return;
    newer.onlyNames = older.onlyNames === null ? null : new Set([...older.onlyNames, ...newer.reports.keys()]);
    for (const [name, report] of older.reports) if (!newer.reports.has(name)) newer.reports.set(name, report);
  }

  /** Writes down what is worth it, and answers the newest version that has run there. */
  #notice(hostId: number, report: ScriptReport, before: Remembered | undefined): number {
    const { name, version, state, problem } = report;
    const isRefused = state === 'refused' || state === 'revoked';
    const isNews = before === undefined || before.version !== version || before.state !== state;
    if (isRefused && isNews)
      this.#write(hostId, {
        action: 'script.refused',
        object: name,
        result: 'refused',
        detail: { version, why: problem },
      });
    const hasRun = report.lastRunMs !== null;
    const ranVersion = before?.ranVersion ?? 0;
    if (!hasRun || isRefused || version === ranVersion) return ranVersion;
    const { exitCode, durationMs } = report;
    this.#write(hostId, {
      action: 'script.ran',
      object: name,
      result: 'done',
      detail: { version, exitCode, durationMs },
    });
    return version;
  }

  #write(hostId: number, event: AuditEvent): void {
    const minute = Math.floor(this.#ports.nowMs() / 60_000);
    if (minute !== this.#auditMinute) this.#audits = new Map();
    this.#auditMinute = minute;
    const count = this.#audits.get(hostId) ?? 0;
    if (count >= auditsPerMinuteMax) {
      this.droppedAudits += 1;
      return;
    }
    this.#audits.set(hostId, count + 1);
    const name = this.#ports.hostOf(hostId)?.name ?? `host ${hostId}`;
    this.#ports.audit({ ...event, actor: { kind: 'agent', hostId, name }, detail: { host: name, ...event.detail } });
  }
}

function toChange([hostId, { door, onlyNames, reports }]: readonly [number, Waiting]): ReportChange {
  return { hostId, ...door, onlyNames: onlyNames === null ? null : [...onlyNames], reports: [...reports.values()] };
}
