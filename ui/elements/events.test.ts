import { expect, test } from 'vitest';
import type { Asked } from '../api/client.ts';
import { showGone, showOutcome, type Toast } from './events.ts';

const away: Asked<null> = { kind: 'failed', why: 'The hub is away.', status: null };
const unknown: Asked<null> = { kind: 'failed', why: 'There is no such token.', status: 404 };

function toastOf(show: (from: EventTarget) => void): Toast | null {
  const from = new EventTarget();
  let toast: Toast | null = null;
  from.addEventListener('pw-toast', (event) => {
    toast = (event as CustomEvent<Toast>).detail;
  });
  show(from);
  return toast;
}

test('showOutcome() says what was done, or why it was not', () => {
  expect(toastOf((from) => showOutcome(from, { kind: 'ok', value: 7 }, 'Saved'))).toEqual({
    kind: 'done',
    text: 'Saved',
  });
  expect(toastOf((from) => showOutcome(from, unknown, 'Saved'))).toEqual({ kind: 'failed', text: unknown.why });
});

test('showGone() takes what was gone before for what was wanted', () => {
  expect(toastOf((from) => showGone(from, unknown, 'Token revoked'))).toEqual({ kind: 'done', text: 'Token revoked' });
  expect(toastOf((from) => showGone(from, away, 'Token revoked'))).toEqual({ kind: 'failed', text: away.why });
});
