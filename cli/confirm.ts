/**
 * Asks the person at the terminal before something goes for ever.
 */
import { createInterface } from 'node:readline/promises';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/** Nobody is there who could be asked. */
export class UnattendedError extends Error {
  override readonly name = 'UnattendedError';
}

/** Whether the answer is yes; anything but "y" or "yes" is no. Throws UnattendedError where there is no terminal. */
export async function confirm(question: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  if (terminal.input.isTTY !== true)
    throw new UnattendedError(
      'Cannot ask for consent: standard input must be a terminal; --yes goes on without: got none',
    );
  const lines = createInterface({ input: terminal.input, output: terminal.output });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
