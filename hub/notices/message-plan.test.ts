import { expect, test } from 'vitest';
import type { ClaimedRow } from '../store/alerts/outbox.ts';
import { noticeEvent } from '../testing/notice-fixture.ts';
import { planMessages } from './message-plan.ts';

let nextId = 1;
function row(messageKey: string, groupKey: string, changes: Partial<ClaimedRow> = {}): ClaimedRow {
  const id = String(nextId++);
  return { id, messageKey, groupKey, attempts: 0, isRepeated: false, event: noticeEvent({ key: id }), ...changes };
}

const keysOf = (rows: readonly ClaimedRow[]) => planMessages(rows).map(({ message }) => message.key);

test('planMessages() puts the rows of a message together, in their order', () => {
  const rows = [row('m1', 'a'), row('m2', 'b', { attempts: 1 }), row('m1', 'a', { attempts: 2 })];
  expect(planMessages(rows)).toEqual([
    {
      message: { key: 'm2', groupKey: 'b', events: [rows[1]!.event], omittedCount: 0 },
      groupKeys: ['b'],
      attempts: 1,
      isRepeated: false,
    },
    {
      message: { key: 'm1', groupKey: 'a', events: [rows[0]!.event, rows[2]!.event], omittedCount: 0 },
      groupKeys: ['a'],
      attempts: 2,
      isRepeated: false,
    },
  ]);
});

test('planMessages() has no group for a message of several', () => {
  expect(planMessages([row('m1', 'a'), row('m1', 'b')])[0]).toMatchObject({
    message: { groupKey: '' },
    groupKeys: ['a', 'b'],
  });
});

test('planMessages() lets what has failed least go first, without overtaking inside of a group', () => {
  const failed = row('failed', 'a', { attempts: 5, isRepeated: true });
  const after = row('after', 'a');
  const fresh = row('fresh', 'b');
  expect(keysOf([failed, after, fresh])).toEqual(['fresh', 'failed', 'after']);
});

test('planMessages() repeats a message before one of many groups that holds what came after it', () => {
  const early = row('digest', 'b');
  const repeated = row('repeated', 'a', { attempts: 1, isRepeated: true });
  const late = row('digest', 'a');
  expect(keysOf([early, repeated, late])).toEqual(['repeated', 'digest']);
});
