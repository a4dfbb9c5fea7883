import { expect, test } from 'vitest';
import { decodeLayout } from '#core/series.ts';
import { Upkeep } from '../archive/upkeep.ts';
import { withDatabase } from '../testing/database.ts';
import { flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { openTestStream } from '../testing/ingest-fixture.ts';
import { gauges, sha256 } from '../testing/ticks.ts';
import { readNewestLayout } from './newest-layout.ts';

test('readNewestLayout() gives the series of the newest ticks, from batches and from chunks, and of nobody else', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    const strangers = await openTestStream(sql);
    const newest = async (hostId = stream.hostId) => {
      const found = await readNewestLayout(sql, hostId);
      return found === null
        ? null
        : { timeMs: found.timeMs, keys: decodeLayout(found.bytes, found.id).series.map(({ key }) => key) };
    };
    expect(await newest()).toBeNull();
    await withRunner({ url: null, ...connection }, async (runner) => {
      await runner.run(
        flightOf([
          { kind: 'ticks', stream: strangers, seqs: { first: 1, last: 90 }, layout: gauges(['other']) },
          { kind: 'ticks', stream, seqs: { first: 1, last: 10 }, layout: gauges(['old']) },
          { kind: 'ticks', stream, seqs: { first: 11, last: 20 }, layout: gauges(['a', 'b']) },
        ]),
      );
      expect(await newest()).toEqual({ timeMs: timeOf(20), keys: ['a', 'b'] });
      await new Upkeep(sql, { sha256 }).run({ nowMs: timeOf(30), all: true });
      // A chunk has one layout for all that were there.
      expect(await newest()).toEqual({ timeMs: timeOf(20), keys: expect.arrayContaining(['a', 'b']) });
      await runner.run(
        flightOf([{ kind: 'ticks', stream, seqs: { first: 21, last: 22 }, layout: gauges(['newest']) }]),
      );
      expect(await newest()).toEqual({ timeMs: timeOf(22), keys: ['newest'] });
    });
  }));
