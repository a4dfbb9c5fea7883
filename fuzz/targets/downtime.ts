/**
 * Downtimes and their recurrence rules (RFC 5545), as REST and the file of alerts take them.
 *
 * A body is a downtime or an HttpError 400. When its windows are can be asked, in bounded time: the next one has not ended
 * and lasts as long as was said, and those of a year come in order and are no more than were asked for.
 */
import { ok, strictEqual } from 'node:assert/strict';
import type { DowntimeSpec } from '#core/downtime.ts';
import { isReadable, nextWindow, ScheduleClock, windowsBetween } from '#core/schedule.ts';
import { bodyError, parseBody } from '../../hub/json-body.ts';
import { downtimeDetail } from '../../hub/routes/audit-details.ts';
import { downtimeBody, downtimeSpecOf } from '../../hub/routes/downtime-body.ts';
import { unlessRefused } from '../refusal.ts';

const nowMs = 1_767_225_600_000;
const yearMs = 366 * 86_400_000;
const countMax = 50;

export function fuzz(bytes: Buffer): void {
  const spec = unlessRefused(() => parsed(bytes));
  if (spec === null) return;
  downtimeDetail(spec);
  const { schedule } = spec;
  ok(isReadable(schedule), 'what is taken can be read');
  const next = nextWindow(schedule, nowMs);
  if (next !== null) ok(next.endMs > nowMs && next.startMs < next.endMs, 'the next window has not ended');
  strictEqual(new ScheduleClock(schedule).isWithin(nowMs), next !== null && next.startMs <= nowMs);
  const windows = windowsBetween(schedule, { fromMs: nowMs, toMs: nowMs + yearMs, countMax });
  ok(windows.length <= countMax, 'no more windows than were asked for');
  for (const [index, { startMs, endMs }] of windows.entries()) {
    ok(endMs > nowMs && startMs < nowMs + yearMs && startMs < endMs, 'a window touches the time that was asked for');
    ok(index === 0 || windows[index - 1]!.startMs < startMs, 'windows come in order');
  }
}

function parsed(bytes: Uint8Array): DowntimeSpec {
  const drafted = downtimeSpecOf(parseBody(downtimeBody, bytes, 'create downtime'));
  if (drafted.kind === 'refused') throw bodyError('create downtime', drafted.problems);
  return drafted.spec;
}
