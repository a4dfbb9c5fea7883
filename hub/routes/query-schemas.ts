/**
 * What `/api/v1/query` takes and gives.
 */
import { z } from 'zod';
import { tiers } from '#core/tier.ts';

export const queryHostsMax = 100;
export const queryPointsMax = 10_000;
const patternsMax = 100;

const hosts = z.array(z.string().min(1).max(255)).min(1).max(queryHostsMax).describe('Names of hosts');
const series = z
  .array(z.string().min(1).max(1_100))
  .min(1)
  .max(patternsMax)
  .describe('Series keys; * stands for any text, and a pattern that fits the name means all its labels');
const seconds = z.number().min(0).max(1e11);
const format = z.enum(['json', 'columns', 'csv']).default('json').describe('Form of the answer');

/** The body of a POST. The same fields stand in the query of a GET, `host` and `series` as often as wanted. */
export const queryBody = z.strictObject({
  hosts,
  series,
  start: seconds.optional().describe('Epoch seconds; an hour before the end when absent'),
  end: seconds.optional().describe('Epoch seconds, not part of the span; now when absent'),
  points: z.number().int().min(1).max(queryPointsMax).optional().describe('Buckets a series at most; 500 when absent'),
  step: z.number().min(0.001).max(1e9).optional().describe('Width of a bucket in seconds, instead of points'),
  raw: z.boolean().default(false).describe('The samples themselves, instead of buckets'),
  format,
  gaps: z.boolean().default(false).describe('Ticks that were given up, with the reason'),
});

const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((text) => text === '1');

export const queryParameters = z.strictObject({
  hosts,
  series,
  start: z.coerce.number().pipe(seconds).optional().describe('Epoch seconds; an hour before the end when absent'),
  end: z.coerce.number().pipe(seconds).optional().describe('Epoch seconds, not part of the span; now when absent'),
  points: z.coerce
    .number()
    .int()
    .min(1)
    .max(queryPointsMax)
    .optional()
    .describe('Buckets a series at most; 500 when absent'),
  step: z.coerce.number().min(0.001).max(1e9).optional().describe('Width of a bucket in seconds, instead of points'),
  raw: flag.describe('1: the samples themselves, instead of buckets'),
  format,
  gaps: flag.describe('1: adds ticks that were given up, with the reason'),
});

const numbers = z.array(z.number().nullable());
const sinceField = z.number().nullable();

export const queryAnswer = z.object({
  start: z.number(),
  end: z.number(),
  tier: z.enum(tiers).describe('The coarsest tier used'),
  coarser_by: z
    .enum(['retention', 'limit'])
    .nullable()
    .describe('Why the step is longer than asked for: finer data has gone, or would be more than may be read'),
  since: z
    .object({ raw: sinceField, minute: sinceField, hour: sinceField })
    .describe('Since when each tier is kept, epoch seconds; null where nothing has gone'),
  unmatched: z.array(z.string()).describe('What was asked for and means no series'),
  gaps: z.array(
    z.object({
      host: z.string(),
      start: z.number(),
      end: z.number(),
      reason: z.string(),
      ticks: z.number().describe('Ticks given up'),
    }),
  ),
  series: z.array(
    z.object({
      host: z.string(),
      series: z.string(),
      unit: z.string(),
      kind: z.enum(['gauge', 'counter']),
      interval: z.number().describe('Expected seconds between values: what lies further apart is a gap'),
      step: z.number().describe('Width of a bucket in seconds; 0 for samples'),
      times: z.array(z.number()).describe('Epoch seconds; of buckets their starts, without those that are empty'),
      values: numbers.optional().describe('Of samples'),
      avg: numbers.optional(),
      min: numbers.optional(),
      max: numbers.optional(),
      sum: numbers.optional(),
      count: numbers.optional(),
    }),
  ),
});
