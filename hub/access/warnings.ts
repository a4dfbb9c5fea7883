/**
 * What is wrong with how this hub is set up, for everybody who uses it to see: in the answer of `/api/v1/session`, as a banner
 * of every page, and in the log when it begins. Nothing here says anything about hosts or versions: strangers read it too.
 */

export interface Warning {
  /**
   * `plain`: others can read what goes over the network; `certificate`: it ends soon or has ended; `keys`: other accounts of the hub's
   * machine can read its keys.
   */
  readonly code: 'plain' | 'certificate' | 'keys';
  readonly text: string;
}

/** The warnings that hold now, at most one of each code. */
export type ReadWarnings = () => readonly Warning[];

/** Puts together what the parts of the hub warn of. */
export class Warnings {
  readonly #texts = new Map<Warning['code'], string>();

  /** null: no longer. Answers whether that is news. */
  set(code: Warning['code'], text: string | null): boolean {
    const before = this.#texts.get(code) ?? null;
    if (text === null) this.#texts.delete(code);
    else this.#texts.set(code, text);
    return before !== text;
  }

  readonly read: ReadWarnings = () => [...this.#texts].map(([code, text]) => ({ code, text }));
}
