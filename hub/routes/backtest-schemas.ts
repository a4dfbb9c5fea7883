/**
 * What `/api/v1/rules/backtest` takes and gives.
 */
import { z } from 'zod';
import { ruleBody } from './alert-schemas.ts';

const seconds = z.number().min(0).max(1e11);
const rawSamplesMax = 10_000_000;

export const backtestBody = z.strictObject({
  rule: ruleBody.describe('The rule as it would be created: nothing is'),
  start: seconds.optional().describe('Epoch seconds; a day before the end when absent'),
  end: seconds.optional().describe('Epoch seconds, not part of the span; now when absent, or later'),
  raw_samples: z
    .int()
    .min(0)
    .max(rawSamplesMax)
    .default(rawSamplesMax)
    .describe('Samples up to which the ticks themselves are judged; beyond, minimum and maximum of each minute are'),
});

const span = { host: z.string(), start: z.number(), end: z.number() };

export const backtestAnswer = z.object({
  start: z.number(),
  end: z.number(),
  fired: z.number().int().describe('How often it would have fired, on all series together'),
  firing_seconds: z.number().describe('How long it would have been firing, on all series together'),
  hosts: z.number().int().describe('Hosts that the rule means'),
  judged_series: z.number().int().describe('Series of them that it looked at'),
  fired_series: z.number().int().describe('Series for which it would have fired'),
  series: z
    .array(
      z.object({
        host: z.string(),
        series: z.string(),
        fired: z.number().int(),
        firing_seconds: z.number(),
        first: z.number().describe('When it fired first, epoch seconds'),
        last: z.number().describe('When it fired last'),
      }),
    )
    .describe('Those that fired, the most often first; at most 1,000'),
  marks: z
    .array(z.object({ ...span, series: z.string() }))
    .describe('When it would have been firing, in order of start; at most 1,000 of them'),
  marks_in_all: z.number().int(),
  holes: z
    .array(z.object(span))
    .describe('When a host has no value of what the rule looks at, a minute or longer; at most 1,000'),
  holes_in_all: z.number().int(),
  tier: z.enum(['raw', 'minute']),
  coarser_by: z
    .enum(['limit', 'retention'])
    .nullable()
    .describe('Why it is not raw: there are more samples than may be judged, or the ticks have gone'),
  approximate: z
    .boolean()
    .describe(
      'Of each minute its worse end is judged at its start and the other at its end: times and counts are close',
    ),
  samples_read: z.number().int(),
  seconds: z.number().describe('How long it took'),
});
