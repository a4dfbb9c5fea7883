/**
 * Every bound that a peer or a disk could try to push, each with its arithmetic. Things that an operator
 * may tune are settings (`hub/config.ts`, `agent/config.ts`); what stands here nobody should need to touch.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

// --- series and layouts

/** 200 characters of name and a handful of labels of up to 200; longer keys are mistakes. */
export const seriesKeyBytesMax = 1_024;
export const unitBytesMax = 32;
/** Hard limit per host; the setting `seriesPerHostMax` (4,000) is below it. 8,000 × 8 B = 64,000 B: one frame. */
export const seriesPerLayoutMax = 8_000;
/** 8,000 series at 128 bytes, a generous mean for key, unit, kind and every. */
export const layoutBytesMax = 1 * MiB;
export const tickIntervalMsMin = 100;
/** One hour. */
export const tickIntervalMsMax = 3_600_000;
/** A daily series on a one-second tick. */
export const seriesEveryMax = 86_400;
/** New layouts that one agent may announce in a minute: 6, as the list only grows by real changes. */
export const layoutsPerMinuteMax = 6;
/** The agent drops series that ended from its layout at most this often. */
export const layoutCleanMsMin = 600_000;

// --- messages

/** A frame of 8,000 series is 64,000 B of column; the rest is the envelope. */
export const liveMessageBytesMax = 64 * KiB + 512;
/** Replay blocks and layout pages. */
export const bulkMessageBytesMax = 256 * KiB;
/** Elements in one message before it is decoded: hello carries 256 streams of 6 fields, `top` 10 × 5. */
export const messageElementsMax = 4_096;
export const messageDepthMax = 8;
/** Seqs are refused from here on, well below 2^53 where doubles lose whole numbers. */
export const seqMax = 2 ** 52;
/** Streams announced in one hello or one further `stream` message round. */
export const streamsPerHelloMax = 256;
/** Streams of one agent a hub keeps in memory at once; the oldest settled ones go first. */
export const streamsPerAgentMax = 4_096;

// --- blocks

/** 8,000 columns × 8 ticks, or 64 columns × 1,024: ≤ 512 KiB of doubles. */
export const replaySamplesMax = 65_536;
/** 65,536 raw doubles with directory and header stay below. */
export const replayInflatedBytesMax = 1 * MiB;
export const blockTicksMax = 8_192;
export const blockColumnsMax = 8_192;
/** Values of one chunk: 8,192 ticks of 1,024 series; a host of more has fewer ticks in a chunk, so that its rows stay below some 16 MiB. */
export const chunkCellsMax = 2 ** 23;
/** Ticks that make a host worth compacting before its oldest batch is two hours old: 34 minutes at one second. */
export const compactTicksMin = 2_048;
/** A day's newest chunk of fewer ticks is taken back in, so that a quiet host ends the day with one. */
export const smallChunkTicksMax = 4_096;

// --- hub

/** Ticks that seal an open batch: 64 × 60 series × 8 B = 30 KiB of memory for each host at one second. */
export const batchTicksMax = 64;
/** Column bytes that seal an open batch: a host of 8,000 series is sealed every 8 ticks. */
export const batchBytesMax = 512 * KiB;
/** Encoded bytes in one ingest statement. */
export const statementBytesMax = 8 * MiB;
/** Batches in one ingest statement: bounds the arrays beside the data. */
export const statementBatchesMax = 4_096;
/** Bytes an agent may have unacknowledged: 1,000 agents × 4 MiB would be 4 GiB, so the hub divides `queuedBytesMax` by its agents below that. */
export const creditBytesMax = 4 * MiB;
/** Smallest credit while storing works: one replay block of raw columns. */
export const creditBytesMin = 512 * KiB;
/** A sender without a nack answer is reminded after this long. */
export const nackRepeatMs = 5_000;
/** Rows compared by one `verify`: 64 KiB of checksums. */
export const verifyCountMax = 16_384;
/** Of an enrolment key or token: long enough that nobody guesses it, and it travels in a header, so short enough for any proxy. */
export const enrolmentKeyCharacters = { min: 16, max: 200 } as const;
export const helloMsMax = 5_000;
/** Both sides: nothing heard for this long means the peer is gone. */
export const peerSilentMsMax = 45_000;
export const heartbeatMs = 10_000;

// --- viewers

/** A viewer whose socket holds more than this at a check is behind. */
export const viewerBufferedBytesMax = 48 * KiB;
export const viewerBehindMsMax = 30_000;
export const overviewMs = 100;
export const snapshotPageBytesMax = 64 * KiB;
/** A tick above this is sent to each viewer by itself, not published. */
export const publishBytesMax = 16 * KiB;
export const subscribedHostsMax = 64;
export const overviewSeriesMax = 16;

// --- alerts

/** Rows in one message: 40 rows of 14 elements, and of 5 KB each at the very most, are below the bounds of a message. */
export const alertRowsMax = 40;
/** What a person reads in one line of a notice. */
export const alertTextCharactersMax = 1_000;

// --- agents

/** Below it a WAL and a few ticks of 8,000 series do not fit. */
export const spoolBytesMin = 1 * MiB;
/** Characters of settings as text; what is above the bounds of `agent-settings.ts` and below this is refused with a reason. */
export const settingsTextMax = 64 * KiB;
/** Settings that an agent applies in a minute; a hub that sends more finds the newest of them applied later. Below its layouts a minute. */
export const settingsPerMinuteMax = 4;

// --- hosts

/** Tags that one side, the agent or people, may give a host: all of them are shown to every viewer. */
export const tagsPerSideMax = 64;
/** Tags of a host as viewers get them: of both sides. */
export const hostTagsMax = 2 * tagsPerSideMax;

// --- signed scripts

/** A signed text with its code: a script of a thousand lines. Four of them fit into one bulk message, and each has its own. */
export const signedTextBytesMax = 64 * KiB;
/** Scripts that a hub holds, and that one agent takes. */
export const signedScriptsMax = 64;
/**
 * Scripts of a hub together, beside which there are revocations of some hundred bytes each: an agent may be given all of them
 * in one go, and is closed when more than 1 MiB waits for it.
 */
export const signedTextsBytesMax = 704 * KiB;
/** Once a second would be a collector's work; one day at most. */
export const signedScriptIntervalMs = { min: 1_000, max: 86_400_000 } as const;
/** What a signed script may ask for of one run; an agent's own bounds are lower by default. */
export const signedScriptLimits = {
  wallMs: { min: 100, max: 300_000 },
  cpuSeconds: { min: 1, max: 300 },
  /** Node needs some 40 MiB to begin with. */
  memoryBytes: { min: 16 * MiB, max: 4_096 * MiB },
  /** Node has 11 threads. */
  processes: { min: 1, max: 256 },
  outputBytes: { min: 1, max: 64 * KiB },
} as const;
/** Reports of scripts in one message: 32 of 18 elements, and of 5 KB each, are below the bounds of a message. */
export const scriptReportsMax = 32;
/** Of what a script has printed, as it is kept and shown: its first characters of output, its last of errors. */
export const scriptTextCharactersMax = 1_024;

// --- clocks

/** Wall and monotonic time of an agent apart by more than this start a new epoch. */
export const clockStepMs = 2_000;
export const epochsPerMinuteMax = 1;
/** 2001-09-09. What is older is of a clock that was not set, and would take a partition for each of its days. */
export const storedMsMin = 1_000_000_000_000;
/** A clock off by more than this is corrected once, at the stream's first contact. */
export const clockShiftMsMin = 300_000;
/** Streams of earlier boots that lie further in the future than this are shifted to end now. */
export const futureMsMax = 3_600_000;
