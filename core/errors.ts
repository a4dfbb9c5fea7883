/**
 * The four kinds of trouble, as types.
 *
 * Our bug: `assert`. The peer's fault: `ProtocolError`, which ends one connection and nothing else.
 * The operator's mistake: `ConfigError`, with every problem at once. Weather (database away, queue full)
 * is never an exception: it is a value that the caller switches on.
 */

/** Every way in which a peer can break the wire contract, with the WebSocket close code it is answered by. */
export const protocolErrorCloseCodes = {
  ERR_MESSAGE_MALFORMED: 1007,
  ERR_MESSAGE_KIND: 1007,
  ERR_MESSAGE_SHAPE: 1007,
  ERR_MESSAGE_TEXT: 1003,
  ERR_MESSAGE_TOO_LARGE: 1009,
  ERR_MESSAGE_UNEXPECTED: 4400,
  ERR_MESSAGE_FORBIDDEN: 4403,
  ERR_VERSION_UNSUPPORTED: 4426,
  ERR_TOKEN_REFUSED: 4401,
  ERR_AGENT_DISABLED: 4403,
  ERR_AGENT_DUPLICATE: 4409,
  ERR_RATE_EXCEEDED: 4429,
  ERR_STREAM_UNKNOWN: 4400,
  ERR_STREAM_LIMIT: 4400,
  ERR_SEQ_RANGE: 4400,
  ERR_LAYOUT_INVALID: 4400,
  ERR_BLOCK_MALFORMED: 1007,
  ERR_ACK_BEYOND_SENT: 4400,
  ERR_HELLO_LATE: 4400,
  ERR_SUBSCRIPTION_LIMIT: 4400,
} as const;

export type ProtocolErrorCode = keyof typeof protocolErrorCloseCodes;

/** Close codes that carry no fault: what the peer should do next is in `docs/wire.md`. */
export const closeCodes = { normal: 1000, goingAway: 1001, restart: 1012, busy: 1013 } as const;

/** The peer broke the wire contract. The connection is closed with `closeCode`; the process goes on. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get closeCode(): number {
    return protocolErrorCloseCodes[this.code];
  }
}

/** The operator's settings cannot be used. `problems` holds one full sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  /** `action`: what cannot be done, as in "Cannot ‹action›". */
  constructor(problems: readonly string[], action = 'start with this configuration') {
    super(`Cannot ${action}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Bytes of ours (a column, a block, a stored row) that cannot be decoded. The message says where. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** States what must hold if the code around it is right. A failure is our bug and ends the process. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}
