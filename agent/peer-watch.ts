/**
 * Notices a peer that is gone although the connection looks open: no RST, no FIN, only silence. Pure.
 *
 * Any byte counts as a sign of life, and a ping is sent every `heartbeatMs` so that there is something to answer. A
 * check that comes late means that this process stood still (stopped, swapped out, a slow disk), and then nothing
 * could have been heard: the peer gets one more heartbeat to be heard in.
 */
import { heartbeatMs, peerSilentMsMax } from '#core/limits.ts';

export class PeerWatch {
  readonly #checkMs: number;
  #bytesRead: number;
  #heardMs: number;
  #pingedMs: number;
  #checkedMs: number;

  /** To be polled every `checkMs`. */
  constructor(options: { readonly checkMs: number; readonly nowMs: number; readonly bytesRead: number }) {
    this.#checkMs = options.checkMs;
    this.#bytesRead = options.bytesRead;
    this.#heardMs = options.nowMs;
    this.#pingedMs = options.nowMs;
    this.#checkedMs = options.nowMs;
  }

  /** `bytesRead`: what the socket has received in all. */
  poll(nowMs: number, bytesRead: number): 'quiet' | 'ping' | 'gone' {
    const lateMs = nowMs - this.#checkedMs - this.#checkMs;
    this.#checkedMs = nowMs;
    if (bytesRead !== this.#bytesRead) this.#heardMs = nowMs;
    else if (lateMs > heartbeatMs / 2) this.#heardMs = Math.max(this.#heardMs, nowMs - peerSilentMsMax + heartbeatMs);
    this.#bytesRead = bytesRead;
    if (nowMs - this.#heardMs >= peerSilentMsMax) return 'gone';
    if (nowMs - this.#pingedMs < heartbeatMs) return 'quiet';
    this.#pingedMs = nowMs;
    return 'ping';
  }
}
