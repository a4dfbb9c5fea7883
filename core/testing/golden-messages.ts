/**
 * One message of each kind with its bytes, as `docs/wire.md` shows them. The bytes are literals: whoever changes
 * them changes the wire, and with it the version.
 */
import type { Message } from '../message.ts';

const agentId = '000102030405060708090a0b0c0d0e0f';
const bootId = '101112131415161718191a1b1c1d1e1f';
const hubId = '202122232425262728292a2b2c2d2e2f';
const epoch = '303132333435363738393a3b3c3d3e3f';
const layoutId = '4aff0e6b8d64bff8';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export interface GoldenMessage {
  /** Who sends it to whom. */
  readonly from: 'agent' | 'hub to agent' | 'viewer' | 'hub to viewer';
  readonly message: Message;
  readonly hex: string;
}

/** Canonical bytes of a layout of three series at one second; SHA-256 begins with `layoutId`. */
export const goldenLayoutText =
  '1000\ncpu.busy\tpercent\tgauge\t1\ndisk.read{device="sda"}\tbytes/s\tcounter\t1\nfs.used{mount="/"}\tbytes\tgauge\t10\n';

const layoutBytes = Uint8Array.from(goldenLayoutText, (character) => character.charCodeAt(0));

/** 12.5, 0 and "not due". */
const column = bytes('0000000000002940 0000000000000000 010000000000f87f');
/** The block of the example in `docs/storage.md` stands for any; the wire does not look inside. */
const block = bytes('010203');

export const goldenMessages: readonly GoldenMessage[] = [
  {
    from: 'agent',
    message: {
      kind: 'hello',
      version: 1,
      agentId,
      hostName: 'web-1',
      agentVersion: '0.1.0',
      machineId: 'm1',
      bootId,
      wallMs: 1_700_000_000_000,
      monotonicMs: 5_000.5,
      tags: { role: 'web' },
      facts: { os: 'Linux' },
      hubId: null,
      streams: [
        {
          epoch,
          bootId,
          startWallMs: 1_699_999_999_000,
          startMonotonicMs: 4_000.5,
          oldest: 1,
          next: 300,
          acked: 0,
        },
      ],
    },
    hex: '9d0101c410000102030405060708090a0b0c0d0e0fa57765622d31a5302e312e30a26d31c410101112131415161718191a1b1c1d1e1fcb4278bcfe56800000cb40b388800000000092a4726f6c65a377656292a26f73a54c696e7578c09197c410303132333435363738393a3b3c3d3e3fc410101112131415161718191a1b1c1d1e1fcb4278bcfe56418000cb40af41000000000001cd012c00',
  },
  {
    from: 'agent',
    message: {
      kind: 'stream',
      streams: [
        { epoch, bootId, startWallMs: 1_700_000_000_000, startMonotonicMs: 5_000.5, oldest: 1, next: 1, acked: 0 },
      ],
    },
    hex: '92029197c410303132333435363738393a3b3c3d3e3fc410101112131415161718191a1b1c1d1e1fcb4278bcfe56800000cb40b3888000000000010100',
  },
  {
    from: 'hub to agent',
    message: {
      kind: 'welcome',
      hubId,
      hubVersion: '0.1.0',
      hostName: 'web-1',
      token: 'secret',
      creditBytes: 4_194_304,
      seriesMax: 4_000,
      nowMs: 1_700_000_000_100,
      streams: [{ epoch, ordinal: 7, storedSeq: 299, storedCrc: 3_735_928_559, gapTicks: 0 }],
    },
    hex: '9903c410202122232425262728292a2b2c2d2e2fa5302e312e30a57765622d31a6736563726574ce00400000cd0fa0cb4278bcfe568640009195c410303132333435363738393a3b3c3d3e3f07cd012bcedeadbeef00',
  },
  {
    from: 'agent',
    message: { kind: 'layout', layoutId, page: 0, pageCount: 1, bytes: layoutBytes },
    hex: '9504c4084aff0e6b8d64bff80001c46a313030300a6370752e627573790970657263656e7409676175676509310a6469736b2e726561647b6465766963653d22736461227d0962797465732f7309636f756e74657209310a66732e757365647b6d6f756e743d222f227d0962797465730967617567650931300a',
  },
  {
    from: 'agent',
    message: { kind: 'frame', ordinal: 7, seq: 300, layoutId, timeMs: 1_700_000_000_250, column },
    hex: '960507cd012cc4084aff0e6b8d64bff8cb4278bcfe568fa000c41800000000000029400000000000000000010000000000f87f',
  },
  {
    from: 'agent',
    message: { kind: 'frame', ordinal: 7, seq: 301, layoutId: null, timeMs: null, column },
    hex: '960507cd012dc0c0c41800000000000029400000000000000000010000000000f87f',
  },
  {
    from: 'agent',
    message: { kind: 'replay', ordinal: 7, firstSeq: 1, tickCount: 299, layoutId, inflatedBytes: 3_000, block },
    hex: '97060701cd012bc4084aff0e6b8d64bff8cd0bb8c403010203',
  },
  {
    from: 'agent',
    message: { kind: 'live', ordinal: 7, seq: 0, layoutId, timeMs: 1_700_000_000_250, column },
    hex: '96070700c4084aff0e6b8d64bff8cb4278bcfe568fa000c41800000000000029400000000000000000010000000000f87f',
  },
  {
    from: 'agent',
    message: {
      kind: 'top',
      atMs: 1_700_000_000_000,
      processes: [{ pid: 4_242, name: 'postgres', cpuPercent: 12.5, memoryBytes: 1_048_576, user: 'postgres' }],
    },
    hex: '9308cb4278bcfe568000009195cd1092a8706f737467726573cb4029000000000000ce00100000a8706f737467726573',
  },
  { from: 'hub to agent', message: { kind: 'ack', ordinal: 7, storedSeq: 300, gapTicks: 4 }, hex: '940907cd012c04' },
  {
    from: 'hub to agent',
    message: { kind: 'nack', ordinal: 7, code: 'unknown_layout', seq: 301, why: 'unknown' },
    hex: '950a0701cd012da7756e6b6e6f776e',
  },
  {
    from: 'agent',
    message: {
      kind: 'gap',
      ordinal: 7,
      firstSeq: 10,
      lastSeq: 13,
      reason: 'spool_full',
      fromMs: 1_700_000_009_250,
      toMs: 1_700_000_012_250,
    },
    hex: '970b070a0d00cb4278bcfe58c22000cb4278bcfe597da000',
  },
  { from: 'hub to agent', message: { kind: 'credit', bytes: 524_288 }, hex: '920cce00080000' },
  { from: 'hub to agent', message: { kind: 'config', intervalMs: 10_000 }, hex: '920dcd2710' },
  { from: 'agent', message: { kind: 'bye' }, hex: '910e' },
  { from: 'agent', message: { kind: 'verify', ordinal: 7, firstSeq: 300, count: 2 }, hex: '940f07cd012c02' },
  {
    from: 'hub to agent',
    message: { kind: 'checksums', ordinal: 7, firstSeq: 300, checksums: bytes('efbeadde 00000000') },
    hex: '941007cd012cc408efbeadde00000000',
  },
  {
    from: 'hub to agent',
    message: { kind: 'settings', version: 3, text: '{"interval":5}' },
    hex: '931103ae7b22696e74657276616c223a357d',
  },
  {
    from: 'agent',
    message: {
      kind: 'settingsReport',
      version: 3,
      state: 'failed',
      why: 'no',
      pinned: ['tags.role'],
      effective: '{"interval":1}',
    },
    hex: '96120301a26e6f91a9746167732e726f6c65ae7b22696e74657276616c223a317d',
  },
  {
    from: 'hub to agent',
    message: { kind: 'identity', hubId, agentId, token: 'secret' },
    hex: '9415c410202122232425262728292a2b2c2d2e2fc410000102030405060708090a0b0c0d0e0fa6736563726574',
  },
  { from: 'agent', message: { kind: 'identityKept', tokenId: '2bb80d537b1da3e3' }, hex: '9216c4082bb80d537b1da3e3' },
  {
    from: 'hub to agent',
    message: { kind: 'scripts', index: 0, count: 1, text: '# x\n' },
    hex: '94130001a42320780a',
  },
  {
    from: 'agent',
    message: {
      kind: 'scriptReports',
      door: 'open',
      problem: '',
      keys: ['AAEC'],
      isWhole: true,
      reports: [
        {
          name: 'queue-depth',
          version: 7,
          state: 'failing',
          problem: 'no',
          exitCode: 1,
          durationMs: 12.5,
          lastRunMs: 1_700_000_000_000,
          nextRunMs: null,
          runCount: 3,
          failureCount: 1,
          seriesCount: 2,
          output: 'o',
          errors: 'e',
        },
      ],
    },
    hex: '961402a091a44141454301919dab71756575652d64657074680703a26e6f01cb4029000000000000cb4278bcfe56800000c0030102a16fa165',
  },
  { from: 'viewer', message: { kind: 'subscribe', hostIds: [3], windowMs: 300_000 }, hex: '93209103ce000493e0' },
  { from: 'viewer', message: { kind: 'unsubscribe', hostIds: [3] }, hex: '92219103' },
  {
    from: 'viewer',
    message: { kind: 'watch', keys: ['cpu.busy'], hostIds: [3], othersMs: 5_000 },
    hex: '942291a86370752e627573799103cd1388',
  },
  {
    from: 'hub to viewer',
    message: { kind: 'snapshot', hostId: 3, page: 0, pageCount: 1, ordinal: 7, layoutId, tickCount: 300, block },
    hex: '982303000107c4084aff0e6b8d64bff8cd012cc403010203',
  },
  {
    from: 'hub to viewer',
    message: { kind: 'tick', hostId: 3, ordinal: 7, seq: 301, layoutId, timeMs: 1_700_000_001_250, column },
    hex: '97240307cd012dc4084aff0e6b8d64bff8cb4278bcfe56ce2000c41800000000000029400000000000000000010000000000f87f',
  },
  {
    from: 'hub to viewer',
    message: {
      kind: 'overview',
      nowMs: 1_700_000_001_300,
      hostIds: bytes('03000000'),
      timesMs: bytes('0020ce56febc7842'),
      values: bytes('00004841'),
    },
    hex: '9525cb4278bcfe56d14000c40403000000c4080020ce56febc7842c40400004841',
  },
  {
    from: 'hub to viewer',
    message: {
      kind: 'status',
      nowMs: 1_700_000_001_300,
      storage: 'delayed',
      unstoredMs: 12_500,
      hostCount: 5,
      connectedCount: 4,
      viewerCount: 1,
      samplesPerSec: 240,
      newestMs: 1_700_000_001_000,
      pulse: { onTimeRatio: 0.75, ageMsMedian: 300, ageMsSlow: null },
    },
    hex: '9a26cb4278bcfe56d1400001cd30d4050401ccf0cb4278bcfe56be800093cb3fe8000000000000cd012cc0',
  },
  {
    from: 'hub to viewer',
    message: {
      kind: 'hosts',
      hosts: [
        {
          hostId: 3,
          name: 'web-1',
          alias: 'Front door',
          state: 'up',
          intervalMs: 1_000,
          lastMs: 1_700_000_001_250,
          downtimeUntilMs: 1_700_003_600_000,
          tags: { role: 'web' },
          facts: {},
        },
      ],
      removed: [2],
    },
    hex: '9327919903a57765622d31aa46726f6e7420646f6f7200cd03e8cb4278bcfe56ce2000cb4278bd01c568000092a4726f6c65a3776562909102',
  },
  {
    from: 'hub to viewer',
    message: {
      kind: 'processes',
      hostId: 3,
      atMs: 1_700_000_000_000,
      processes: [{ pid: 4_242, name: 'postgres', cpuPercent: 12.5, memoryBytes: 1_048_576, user: 'postgres' }],
    },
    hex: '942803cb4278bcfe568000009195cd1092a8706f737467726573cb4029000000000000ce00100000a8706f737467726573',
  },
  {
    from: 'hub to viewer',
    message: {
      kind: 'alert',
      isWhole: true,
      alerts: [
        {
          ruleId: 4,
          hostId: 3,
          series: 'cpu_used_percent',
          phase: 'firing',
          alertId: 12,
          ruleName: 'CPU saturated',
          severity: 'warning',
          cause: 'limits',
          sinceMs: 1_700_000_001_250,
          value: 97.5,
          message: 'web-1: cpu_used_percent is 97.5 percent',
          decision: 'told',
          isAcknowledged: false,
        },
      ],
    },
    hex: '932901919d0403b06370755f757365645f70657263656e74020cad435055207361747572617465640100cb4278bcfe56ce2000cb4058600000000000d9277765622d313a206370755f757365645f70657263656e742069732039372e352070657263656e740000',
  },
  { from: 'hub to viewer', message: { kind: 'notes' }, hex: '912a' },
  { from: 'hub to viewer', message: { kind: 'agents' }, hex: '912b' },
];
