import { expect, test } from 'vitest';
import { mergeTags } from './host-tags.ts';

test('mergeTags() lets people win, and hide what the agent says', () => {
  expect(mergeTags({ role: 'db', site: 'north', rack: '4' }, { role: 'web', rack: null, owner: 'ann' })).toEqual({
    role: 'web',
    site: 'north',
    owner: 'ann',
  });
  expect(mergeTags({}, { role: null })).toEqual({});
});
