/**
 * Messages to bytes and back: the only place that knows msgpack's library and the shape of each message.
 *
 * Each message is an array: its kind, then its fields in the order of `message.ts`. A decoder checks
 * size, then the bytes (`msgpack-guard.ts`), then each field (`message-fields.ts`): nothing is sized by a number that a peer sent, and the
 * first wrong field ends the connection with a code and a reason.
 */
import { Packr, Unpackr } from 'msgpackr';
import { settingsStates } from './agent-settings.ts';
import { ProtocolError } from './errors.ts';
import { decodeTickMessage, encodeTickMessage, isTickMessage } from './frame-codec.ts';
import {
  alertRowsMax,
  alertTextCharactersMax,
  bulkMessageBytesMax,
  hostTagsMax,
  liveMessageBytesMax,
  scriptReportsMax,
  scriptTextCharactersMax,
  seriesKeyBytesMax,
  settingsTextMax,
  signedTextBytesMax,
  streamsPerHelloMax,
} from './limits.ts';
import {
  type AlertRow,
  alertPhases,
  type FleetPulse,
  type FromAgent,
  type FromViewer,
  gapReasons,
  type HostRow,
  hostStates,
  type Message,
  type MessageKind,
  messageKinds,
  nackCodes,
  type ScriptReport,
  type StreamAnswer,
  type StreamOffer,
  scriptDoors,
  scriptStates,
  storageStates,
  type ToAgent,
  type TopRow,
  type ToViewer,
} from './message.ts';
import { bytesOfId, flatOf, MessageFields, shown } from './message-fields.ts';
import { checkMessageBytes } from './msgpack-guard.ts';
import { alertCauses, alertDecisions, severities } from './rule-spec.ts';
import { wellFormed } from './utf8.ts';

const packr = new Packr({ useRecords: false, structuredClone: false });
const unpackr = new Unpackr({ useRecords: false, structuredClone: false, mapsAsObjects: false, int64AsType: 'number' });

/** The caller owns the result, but not the whole buffer under it: copy it before transferring it to a thread. */
export function encodeMessage(message: Message): Uint8Array {
  if (message.kind === 'frame' || message.kind === 'live' || message.kind === 'tick') return encodeTickMessage(message);
  return plain(packr.pack([messageKinds[message.kind], ...fieldsOf(message)]));
}

/** Decodes what an agent sent. Byte fields are views into `bytes`. Throws ProtocolError. */
export function decodeFromAgent(bytes: Uint8Array): FromAgent {
  const message = decode(bytes);
  if (isOneOf(message, fromAgentKinds)) return message as FromAgent;
  throw unexpected(message.kind, 'an agent');
}

/** Decodes what a hub sent to an agent. Byte fields are views into `bytes`. Throws ProtocolError. */
export function decodeToAgent(bytes: Uint8Array): ToAgent {
  const message = decode(bytes);
  if (isOneOf(message, toAgentKinds)) return message as ToAgent;
  throw unexpected(message.kind, 'a hub');
}

/** Decodes what a viewer sent. Throws ProtocolError. */
export function decodeFromViewer(bytes: Uint8Array): FromViewer {
  const message = decode(bytes);
  if (isOneOf(message, fromViewerKinds)) return message as FromViewer;
  throw unexpected(message.kind, 'a viewer');
}

/** Decodes what a hub sent to a viewer. Byte fields are views into `bytes`. Throws ProtocolError. */
export function decodeToViewer(bytes: Uint8Array): ToViewer {
  const message = decode(bytes);
  if (isOneOf(message, toViewerKinds)) return message as ToViewer;
  throw unexpected(message.kind, 'a hub');
}

const fromAgentKinds: ReadonlySet<MessageKind> = new Set([
  'hello',
  'stream',
  'layout',
  'frame',
  'replay',
  'live',
  'top',
  'gap',
  'bye',
  'verify',
  'scriptReports',
  'settingsReport',
  'identityKept',
]);
const toAgentKinds: ReadonlySet<MessageKind> = new Set([
  'welcome',
  'ack',
  'nack',
  'credit',
  'config',
  'checksums',
  'scripts',
  'settings',
  'identity',
]);
const fromViewerKinds: ReadonlySet<MessageKind> = new Set(['subscribe', 'unsubscribe', 'watch']);
const toViewerKinds: ReadonlySet<MessageKind> = new Set([
  'layout',
  'snapshot',
  'tick',
  'overview',
  'status',
  'hosts',
  'processes',
  'alert',
  'notes',
  'agents',
]);

function isOneOf(message: Message, kinds: ReadonlySet<MessageKind>): boolean {
  return kinds.has(message.kind);
}

function unexpected(kind: MessageKind, sender: string): ProtocolError {
  return new ProtocolError('ERR_MESSAGE_KIND', `Cannot accept message: ${sender} does not send "${kind}"`);
}

/** The fields of a message behind its kind, in wire order. */
function fieldsOf(message: Exclude<Message, { kind: 'frame' | 'live' | 'tick' }>): unknown[] {
  switch (message.kind) {
    case 'hello':
      return [
        message.version,
        bytesOfId(message.agentId),
        wellFormed(message.hostName),
        wellFormed(message.agentVersion),
        wellFormed(message.machineId),
        bytesOfId(message.bootId),
        message.wallMs,
        message.monotonicMs,
        flatOf(message.tags),
        flatOf(message.facts),
        message.hubId === null ? null : bytesOfId(message.hubId),
        message.streams.map(fieldsOfOffer),
      ];
    case 'stream':
      return [message.streams.map(fieldsOfOffer)];
    case 'welcome':
      return [
        bytesOfId(message.hubId),
        wellFormed(message.hubVersion),
        wellFormed(message.hostName),
        message.token,
        message.creditBytes,
        message.seriesMax,
        message.nowMs,
        message.streams === null ? null : message.streams.map(fieldsOfAnswer),
      ];
    case 'layout':
      return [bytesOfId(message.layoutId), message.page, message.pageCount, message.bytes];
    case 'replay':
      return [
        message.ordinal,
        message.firstSeq,
        message.tickCount,
        bytesOfId(message.layoutId),
        message.inflatedBytes,
        message.block,
      ];
    case 'top':
      return [message.atMs, message.processes.map(fieldsOfTop)];
    case 'ack':
      return [message.ordinal, message.storedSeq, message.gapTicks];
    case 'nack':
      return [message.ordinal, nackCodes.indexOf(message.code), message.seq, wellFormed(message.why)];
    case 'gap':
      return [
        message.ordinal,
        message.firstSeq,
        message.lastSeq,
        gapReasons.indexOf(message.reason),
        message.fromMs,
        message.toMs,
      ];
    case 'credit':
      return [message.bytes];
    case 'config':
      return [message.intervalMs];
    case 'bye':
    case 'notes':
    case 'agents':
      return [];
    case 'verify':
      return [message.ordinal, message.firstSeq, message.count];
    case 'checksums':
      return [message.ordinal, message.firstSeq, message.checksums];
    case 'scripts':
      return [message.index, message.count, wellFormed(message.text)];
    case 'scriptReports':
      return [
        scriptDoors.indexOf(message.door),
        wellFormed(message.problem),
        message.keys,
        message.isWhole ? 1 : 0,
        message.reports.map(fieldsOfReport),
      ];
    case 'settings':
      return [message.version, wellFormed(message.text)];
    case 'settingsReport':
      return [
        message.version,
        settingsStates.indexOf(message.state),
        wellFormed(message.why),
        message.pinned.map(wellFormed),
        wellFormed(message.effective),
      ];
    case 'identity':
      return [bytesOfId(message.hubId), bytesOfId(message.agentId), message.token];
    case 'identityKept':
      return [bytesOfId(message.tokenId)];
    case 'subscribe':
      return [message.hostIds, message.windowMs];
    case 'unsubscribe':
      return [message.hostIds];
    case 'watch':
      return [message.keys.map(wellFormed), message.hostIds, message.othersMs];
    case 'snapshot':
      return [
        message.hostId,
        message.page,
        message.pageCount,
        message.ordinal,
        bytesOfId(message.layoutId),
        message.tickCount,
        message.block,
      ];
    case 'overview':
      return [message.nowMs, message.hostIds, message.timesMs, message.values];
    case 'status':
      return [
        message.nowMs,
        storageStates.indexOf(message.storage),
        message.unstoredMs,
        message.hostCount,
        message.connectedCount,
        message.viewerCount,
        message.samplesPerSec,
        message.newestMs,
        message.pulse === null ? null : fieldsOfPulse(message.pulse),
      ];
    case 'hosts':
      return [message.hosts.map(fieldsOfHost), message.removed];
    case 'processes':
      return [message.hostId, message.atMs, message.processes.map(fieldsOfTop)];
    case 'alert':
      return [message.isWhole ? 1 : 0, message.alerts.map(fieldsOfAlert)];
  }
}

/** Decodes one message of any kind. */
function decode(received: Uint8Array): Message {
  const bytes = plain(received);
  if (isTickMessage(bytes)) {
    checkSize(bytes, liveMessageBytesMax);
    return decodeTickMessage(bytes);
  }
  checkSize(bytes, bulkMessageBytesMax);
  checkMessageBytes(bytes);
  const fields = new MessageFields(unpackr.unpack(bytes) as unknown[]);
  const message = messageOf(fields);
  fields.end();
  return message;
}

/** The same bytes without Node's subclass, whose `slice` shares memory where this one's copies. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkSize(bytes: Uint8Array, bytesMax: number): void {
  if (bytes.byteLength <= bytesMax) return;
  throw new ProtocolError(
    'ERR_MESSAGE_TOO_LARGE',
    `Cannot decode message: at most ${bytesMax} bytes are allowed: got ${bytes.byteLength}`,
  );
}

const kindsByNumber = new Map<unknown, MessageKind>(
  Object.entries(messageKinds).map(([kind, number]) => [number, kind as MessageKind]),
);

/** The whole message: its kind, then the fields of that kind. */
function messageOf(fields: MessageFields): Message {
  const number = fields.next();
  const kind = kindsByNumber.get(number);
  if (kind === undefined) {
    throw new ProtocolError('ERR_MESSAGE_KIND', `Cannot decode message: the kind is not known: got ${shown(number)}`);
  }
  switch (kind) {
    case 'hello': {
      const version = fields.whole();
      // Checked before the other fields: another version may have other fields.
      if (version !== 1) {
        throw new ProtocolError(
          'ERR_VERSION_UNSUPPORTED',
          `Cannot accept hello: this hub speaks version 1: got ${version}`,
        );
      }
      return {
        kind,
        version,
        agentId: fields.id(16),
        hostName: fields.text(255),
        agentVersion: fields.text(100),
        machineId: fields.text(100),
        bootId: fields.id(16),
        wallMs: fields.finite(),
        monotonicMs: fields.finite(),
        tags: fields.record(64),
        facts: fields.record(64),
        hubId: fields.orNull(() => fields.id(16)),
        streams: fields.list(streamsPerHelloMax, offerOf),
      };
    }
    case 'stream':
      return { kind, streams: fields.list(streamsPerHelloMax, offerOf) };
    case 'welcome':
      return {
        kind,
        hubId: fields.id(16),
        hubVersion: fields.text(100),
        hostName: fields.text(255),
        token: fields.orNull(() => fields.text(200)),
        creditBytes: fields.whole(),
        seriesMax: fields.whole(),
        nowMs: fields.finite(),
        streams: fields.orNull(() => fields.list(streamsPerHelloMax, answerOf)),
      };
    case 'layout':
      return { kind, layoutId: fields.id(8), page: fields.whole(), pageCount: fields.whole(), bytes: fields.bytes() };
    case 'replay':
      return {
        kind,
        ordinal: fields.whole(),
        firstSeq: fields.seq(),
        tickCount: fields.whole(),
        layoutId: fields.id(8),
        inflatedBytes: fields.whole(),
        block: fields.bytes(),
      };
    case 'top':
      return { kind, atMs: fields.finite(), processes: fields.list(16, topOf) };
    case 'ack':
      return { kind, ordinal: fields.whole(), storedSeq: fields.whole(), gapTicks: fields.whole() };
    case 'nack':
      return { kind, ordinal: fields.whole(), code: fields.oneOf(nackCodes), seq: fields.seq(), why: fields.text(500) };
    case 'gap':
      return {
        kind,
        ordinal: fields.whole(),
        firstSeq: fields.seq(),
        lastSeq: fields.seq(),
        reason: fields.oneOf(gapReasons),
        fromMs: fields.finite(),
        toMs: fields.finite(),
      };
    case 'credit':
      return { kind, bytes: fields.whole() };
    case 'config':
      return { kind, intervalMs: fields.orNull(() => fields.whole()) };
    case 'bye':
    case 'notes':
    case 'agents':
      return { kind };
    case 'verify':
      return { kind, ordinal: fields.whole(), firstSeq: fields.seq(), count: fields.whole() };
    case 'checksums':
      return { kind, ordinal: fields.whole(), firstSeq: fields.seq(), checksums: fields.bytes() };
    case 'scripts':
      return { kind, index: fields.whole(), count: fields.whole(), text: fields.text(signedTextBytesMax) };
    case 'scriptReports':
      return {
        kind,
        door: fields.oneOf(scriptDoors),
        problem: fields.text(scriptTextCharactersMax),
        keys: fields.list(16, (fields) => fields.text(64)),
        isWhole: fields.flag(),
        reports: fields.list(scriptReportsMax, reportOf),
      };
    case 'settings':
      return { kind, version: fields.whole(), text: fields.text(settingsTextMax) };
    case 'settingsReport':
      return {
        kind,
        version: fields.whole(),
        state: fields.oneOf(settingsStates),
        why: fields.text(1_000),
        pinned: fields.list(512, (pinned) => pinned.text(250)),
        effective: fields.text(settingsTextMax),
      };
    case 'identity':
      return { kind, hubId: fields.id(16), agentId: fields.id(16), token: fields.text(200) };
    case 'identityKept':
      return { kind, tokenId: fields.id(8) };
    case 'subscribe':
      return { kind, hostIds: fields.list(1_000, wholeOf), windowMs: fields.finite() };
    case 'unsubscribe':
      return { kind, hostIds: fields.list(1_000, wholeOf) };
    case 'watch':
      return {
        kind,
        keys: fields.list(64, (fields) => fields.text(1_100)),
        hostIds: fields.orNull(() => fields.list(4_000, wholeOf)),
        othersMs: fields.whole(),
      };
    case 'snapshot':
      return {
        kind,
        hostId: fields.whole(),
        page: fields.whole(),
        pageCount: fields.whole(),
        ordinal: fields.whole(),
        layoutId: fields.id(8),
        tickCount: fields.whole(),
        block: fields.bytes(),
      };
    case 'overview':
      return { kind, nowMs: fields.finite(), hostIds: fields.bytes(), timesMs: fields.bytes(), values: fields.bytes() };
    case 'status':
      return {
        kind,
        nowMs: fields.finite(),
        storage: fields.oneOf(storageStates),
        unstoredMs: fields.finite(),
        hostCount: fields.whole(),
        connectedCount: fields.whole(),
        viewerCount: fields.whole(),
        samplesPerSec: fields.finite(),
        newestMs: fields.finite(),
        pulse: fields.orNull(() => pulseOf(fields)),
      };
    case 'hosts':
      return { kind, hosts: fields.list(4_000, hostOf), removed: fields.list(4_000, wholeOf) };
    case 'processes':
      return { kind, hostId: fields.whole(), atMs: fields.finite(), processes: fields.list(16, topOf) };
    case 'alert':
      return { kind, isWhole: fields.flag(), alerts: fields.list(alertRowsMax, alertOf) };
    case 'frame':
    case 'live':
    case 'tick':
      // Their short form was looked for already, by `isTickMessage`.
      throw new ProtocolError(
        'ERR_MESSAGE_SHAPE',
        `Cannot decode ${kind}: it begins with the byte 0x96 (0x97 for a tick) and its kind in one byte`,
      );
  }
}

function offerOf(fields: MessageFields): StreamOffer {
  return fields.group((group) => ({
    epoch: group.id(16),
    bootId: group.id(16),
    startWallMs: group.finite(),
    startMonotonicMs: group.finite(),
    oldest: group.seq(),
    next: group.seq(),
    acked: group.whole(),
  }));
}

function fieldsOfOffer(offer: StreamOffer): unknown[] {
  return [
    bytesOfId(offer.epoch),
    bytesOfId(offer.bootId),
    offer.startWallMs,
    offer.startMonotonicMs,
    offer.oldest,
    offer.next,
    offer.acked,
  ];
}

function answerOf(fields: MessageFields): StreamAnswer {
  return fields.group((group) => ({
    epoch: group.id(16),
    ordinal: group.whole(),
    storedSeq: group.whole(),
    storedCrc: group.orNull(() => group.whole()),
    gapTicks: group.whole(),
  }));
}

function fieldsOfAnswer(answer: StreamAnswer): unknown[] {
  return [bytesOfId(answer.epoch), answer.ordinal, answer.storedSeq, answer.storedCrc, answer.gapTicks];
}

function pulseOf(fields: MessageFields): FleetPulse {
  return fields.group((group) => ({
    onTimeRatio: group.finite(),
    ageMsMedian: group.orNull(() => group.finite()),
    ageMsSlow: group.orNull(() => group.finite()),
  }));
}

function fieldsOfPulse(pulse: FleetPulse): unknown[] {
  return [pulse.onTimeRatio, pulse.ageMsMedian, pulse.ageMsSlow];
}

function topOf(fields: MessageFields): TopRow {
  return fields.group((group) => ({
    pid: group.whole(),
    name: group.text(100),
    cpuPercent: group.finite(),
    memoryBytes: group.finite(),
    user: group.text(100),
  }));
}

function fieldsOfTop(row: TopRow): unknown[] {
  return [row.pid, wellFormed(row.name), row.cpuPercent, row.memoryBytes, wellFormed(row.user)];
}

function hostOf(fields: MessageFields): HostRow {
  return fields.group((group) => ({
    hostId: group.whole(),
    name: group.text(255),
    alias: group.text(255),
    state: group.oneOf(hostStates),
    intervalMs: group.whole(),
    lastMs: group.finite(),
    downtimeUntilMs: group.finite(),
    tags: group.record(hostTagsMax),
    facts: group.record(64),
  }));
}

function fieldsOfHost(host: HostRow): unknown[] {
  return [
    host.hostId,
    wellFormed(host.name),
    wellFormed(host.alias),
    hostStates.indexOf(host.state),
    host.intervalMs,
    host.lastMs,
    host.downtimeUntilMs,
    flatOf(host.tags),
    flatOf(host.facts),
  ];
}

function alertOf(fields: MessageFields): AlertRow {
  return fields.group((group) => ({
    ruleId: group.whole(),
    hostId: group.whole(),
    series: group.text(seriesKeyBytesMax),
    phase: group.oneOf(alertPhases),
    alertId: group.orNull(() => group.whole()),
    ruleName: group.text(200),
    severity: group.oneOf(severities),
    cause: group.oneOf(alertCauses),
    sinceMs: group.finite(),
    value: group.orNull(() => group.finite()),
    message: group.text(alertTextCharactersMax),
    decision: group.oneOf(alertDecisions),
    isAcknowledged: group.flag(),
  }));
}

function fieldsOfAlert(row: AlertRow): unknown[] {
  return [
    row.ruleId,
    row.hostId,
    wellFormed(row.series),
    alertPhases.indexOf(row.phase),
    row.alertId,
    wellFormed(row.ruleName),
    severities.indexOf(row.severity),
    alertCauses.indexOf(row.cause),
    row.sinceMs,
    row.value,
    wellFormed(row.message),
    alertDecisions.indexOf(row.decision),
    row.isAcknowledged ? 1 : 0,
  ];
}

function reportOf(fields: MessageFields): ScriptReport {
  return fields.group((group) => ({
    name: group.text(64),
    version: group.whole(),
    state: group.oneOf(scriptStates),
    problem: group.text(scriptTextCharactersMax),
    exitCode: group.orNull(() => group.whole()),
    durationMs: group.orNull(() => group.finite()),
    lastRunMs: group.orNull(() => group.finite()),
    nextRunMs: group.orNull(() => group.finite()),
    runCount: group.whole(),
    failureCount: group.whole(),
    seriesCount: group.whole(),
    output: group.text(scriptTextCharactersMax),
    errors: group.text(scriptTextCharactersMax),
  }));
}

function fieldsOfReport(report: ScriptReport): unknown[] {
  return [
    report.name,
    report.version,
    scriptStates.indexOf(report.state),
    wellFormed(report.problem),
    report.exitCode,
    report.durationMs,
    report.lastRunMs,
    report.nextRunMs,
    report.runCount,
    report.failureCount,
    report.seriesCount,
    wellFormed(report.output),
    wellFormed(report.errors),
  ];
}

function wholeOf(fields: MessageFields): number {
  return fields.whole();
}
