/**
 * What the simulator is asked for: flags where they are given, questions where there is a person to answer them, else
 * the defaults.
 */
import { createInterface } from 'node:readline/promises';

export interface SimulateAnswers {
  readonly hosts: number;
  readonly days: number;
  readonly perHour: number;
}

type Name = keyof SimulateAnswers;

interface Question {
  readonly flag: string;
  readonly text: string;
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

/** The original's three questions. Bounds: a fleet, three years and a month, ten ticks a second. */
export const questions: Readonly<Record<Name, Question>> = {
  hosts: { flag: '--hosts', text: 'How many hosts?', fallback: 10, min: 1, max: 10_000 },
  days: { flag: '--days', text: 'How many days of data, up to now?', fallback: 30, min: 0, max: 1_126 },
  perHour: { flag: '--per-hour', text: 'How many entries per hour?', fallback: 60, min: 1, max: 36_000 },
};

const names: readonly Name[] = ['hosts', 'days', 'perHour'];

/** Reads a whole number within bounds; or why it is none, as the end of a sentence. */
export function parseCount(text: string, bounds: { readonly min: number; readonly max: number }): number | string {
  const value = /^[0-9]{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  return `a whole number from ${bounds.min} to ${bounds.max}: got ${JSON.stringify(text)}`;
}

export interface AskOptions {
  /** Answers that were given as flags. */
  readonly given: Partial<SimulateAnswers>;
  /** Asks a person; null where there is none. */
  readonly ask: ((question: string) => Promise<string>) | null;
  readonly say: (line: string) => void;
}

/** An answer to each question. What is answered wrongly is asked again; where nobody is there, defaults are taken and said. */
export async function askAnswers({ given, ask, say }: AskOptions): Promise<SimulateAnswers> {
  const answers: Partial<Record<Name, number>> = { ...given };
  const taken: string[] = [];
  for (const name of names) {
    const { flag, text, fallback, min, max } = questions[name];
    while (answers[name] === undefined) {
      if (ask === null) {
        answers[name] = fallback;
        taken.push(`${flag} ${fallback}`);
        break;
      }
      const answer = await ask(`${text} [${fallback}] `);
      const parsed = answer.trim() === '' ? fallback : parseCount(answer, { min, max });
      if (typeof parsed === 'number') answers[name] = parsed;
      else say(`Cannot take that: it must be ${parsed}`);
    }
  }
  if (taken.length > 0) say(`Not asked, so taken: ${taken.join(' ')}`);
  return answers as SimulateAnswers;
}

/** Whether the answer is a yes; nothing is one too. */
export function isYes(answer: string): boolean {
  return ['', 'y', 'yes'].includes(answer.trim().toLowerCase());
}

/** Questions on the terminal of this process. Aborting ends one that waits, with an empty answer. */
export function askOnTerminal(stopping: AbortController): (question: string) => Promise<string> {
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // While a line is read Ctrl-C comes here, and not as a signal.
    terminal.once('SIGINT', () => stopping.abort());
    try {
      return await terminal.question(question, { signal: stopping.signal });
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      return '';
    } finally {
      terminal.close();
    }
  };
}
