import { expect, test } from 'vitest';
import { formatSettings, postmasterArguments } from './settings.ts';

test("formatSettings() ends with the operator's own file, so that it wins", () => {
  expect(formatSettings('18').trim().split('\n').at(-1)).toBe("include_if_exists 'local.conf'");
});

test('formatSettings() asks for durable commits', () => {
  expect(formatSettings('18')).toMatch(/^fsync = 'on'\nfull_page_writes = 'on'\nsynchronous_commit = 'on'$/m);
});

test('postmasterArguments() keep the server off the network whatever the files say', () => {
  const args = postmasterArguments('/data/postgresql/cluster');
  expect(args).toEqual(expect.arrayContaining(['listen_addresses=', 'unix_socket_directories=.']));
});

test('formatSettings() leaves out what an older server does not know', () => {
  expect(formatSettings('17')).toBe(formatSettings('18').replace(/^io_workers = .*\n/m, ''));
});
