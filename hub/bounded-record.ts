/**
 * Objects whose names the client chooses (tags, labels): as schemas, with a bound that the OpenAPI document shows too.
 */
import { z } from 'zod';

/** At most `max` members, each name and each value by its schema. */
export function boundedRecord<N extends z.ZodType<string, string>, V extends z.ZodType>(
  { names, values }: { readonly names: N; readonly values: V },
  max: number,
) {
  return z
    .record(names, values)
    .refine((record) => Object.keys(record).length <= max, `at most ${max} are allowed`)
    .meta({ maxProperties: max });
}
