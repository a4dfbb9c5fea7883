/**
 * Pieces of the OpenAPI document, made of the schemas that the routes validate by.
 */
import { z } from 'zod';
import { errorAnswerSchema } from '../schemas.ts';

export function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

export function response(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema: schemaOf(schema) } } };
}

export function requestBody(schema: z.ZodType) {
  return { required: true, content: { 'application/json': { schema: schemaOf(schema, 'input') } } };
}

export function text(description: string) {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

export function errors(...statuses: readonly number[]) {
  return Object.fromEntries(statuses.map((status) => [status, response('What was wrong', errorAnswerSchema)]));
}

export function pathParameter(name: string, description: string) {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

export function queryParameters(schema: z.ZodObject) {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = schemaOf(field as z.ZodType, 'input');
    return { name, in: 'query', required: false, description, schema: rest };
  });
}
