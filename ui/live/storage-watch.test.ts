import { expect, test } from 'vitest';
import { type Api, parseStorage } from '../api/fleet.ts';
import { fakeStorage } from '../testing/fake-storage.ts';
import { StorageWatch, storageMs } from './storage-watch.ts';

test('StorageWatch asks while somebody looks, every ten seconds, and keeps what it knows when an answer fails', async () => {
  const figures = parseStorage(fakeStorage(0, false));
  const answers: ('failed' | typeof figures)[] = [figures, 'failed', figures];
  const asked: number[] = [];
  let nowMs = 0;
  const api: Api = {
    readFleet: async () => 'failed',
    readStorage: async () => {
      asked.push(nowMs);
      return answers.shift() ?? 'failed';
    },
  };
  const works: Promise<void>[] = [];
  const watch = new StorageWatch(api, (work) => works.push(work));
  const at = async (ms: number) => {
    nowMs = ms;
    watch.second(ms);
    await Promise.all(works);
    return [watch.figures === figures, watch.hasFailed];
  };

  expect(await at(0)).toEqual([false, false]);
  watch.open(0);
  expect(await at(1_000)).toEqual([true, false]);
  expect(await at(storageMs)).toEqual([true, true]);
  expect(await at(2 * storageMs)).toEqual([true, false]);
  watch.close();
  await at(9 * storageMs);
  expect(asked).toEqual([0, storageMs, 2 * storageMs]);
});
