import { describe, expect, test } from 'vitest';
import { HttpError } from './http.ts';
import { parseBody } from './json-body.ts';
import { hostPatchBody, removeHostBody, updateTagsBody } from './routes/schemas.ts';

const schemas = { tags: updateTagsBody, patch: hostPatchBody, remove: removeHostBody };

/** What is read of a body, or the words of the refusal. */
function read(schema: keyof typeof schemas, body: string | Uint8Array): unknown {
  try {
    return parseBody<(typeof schemas)[typeof schema]>(schemas[schema], Buffer.from(body), 'change host');
  } catch (error) {
    if (error instanceof HttpError && error.status === 400) return error.message;
    throw error;
  }
}

const tagsOf = (count: number) =>
  JSON.stringify({
    hostname: 'web',
    tags: Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, ''])),
  });

describe('parseBody()', () => {
  test.each([
    ['tags', '{"hostname":"web","tags":{}}', { hostname: 'web', tags: {} }],
    [
      'tags',
      '{"hostname":"wéb/1","tags":{"a b":"ü","rack":null}}',
      { hostname: 'wéb/1', tags: { 'a b': 'ü', rack: null } },
    ],
    ['tags', tagsOf(64), JSON.parse(tagsOf(64))],
    ['patch', '{"alias":""}', { alias: '' }],
    ['patch', '{"name":"n","alias":"A b","tags":{"a":"1"}}', { name: 'n', alias: 'A b', tags: { a: '1' } }],
    ['remove', '{"hostname":"web"}', { hostname: 'web' }],
  ] as const)('reads a body of %s: %s', (schema, body, wanted) => {
    expect(read(schema, body)).toEqual(wanted);
  });

  test.each([
    ['tags', '', /JSON in UTF-8/],
    ['tags', Uint8Array.of(0x22, 0xff, 0x22), /JSON in UTF-8/],
    ['tags', '[]', /body: /],
    ['tags', 'null', /body: /],
    ['tags', '{}', /hostname: .*; tags: /],
    ['tags', '{"hostname":5,"tags":[]}', /hostname: .*; tags: /],
    ['tags', '{"hostname":"","tags":{}}', /hostname: /],
    ['tags', `{"hostname":"${'x'.repeat(256)}","tags":{}}`, /hostname: /],
    ['tags', '{"hostname":"web","tags":{"a":1,"b":{},"c":["x"]}}', /tags\.a: .*; tags\.b: .*; tags\.c: /],
    ['tags', '{"hostname":"web","tags":{"":"x"}}', /tags/],
    ['tags', `{"hostname":"web","tags":{"${'x'.repeat(101)}":"x"}}`, /tags/],
    ['tags', `{"hostname":"web","tags":{"a":"${'x'.repeat(201)}"}}`, /tags\.a: /],
    ['tags', '{"hostname":"web","tags":{"a":"\\u0000","b\\n":"x","c":"\\ud800","d":"\\u202e"}}', /tags.*visible/],
    ['tags', tagsOf(65), /tags: at most 64/],
    ['tags', '{"hostname":"web","tags":{"__proto__":"x"}}', /tags: "__proto__"/],
    ['tags', '{"hostname":"web","tags":{},"__proto__":{}}', /"__proto__"/],
    ['tags', '{"hostname":"web","tags":{},"id":1}', /id/],
    ['patch', '{}', /at least one/],
    ['patch', '{"alias":null}', /alias: /],
    ['patch', '{"name":""}', /name: a host name is/],
    ['patch', '{"name":".."}', /name: a host name is/],
    ['patch', '{"name":" a"}', /name: a host name is/],
    ['patch', `{"name":"${'x'.repeat(241)}"}`, /name: a host name is/],
    ['patch', `{"alias":"${'x'.repeat(241)}"}`, /alias: /],
    ['patch', '{"alias":"\\u0007"}', /alias: visible/],
    ['patch', '{"alias":"a","version":1,"removed_at":null}', /version.*removed_at|removed_at.*version/],
    ['remove', '{"hostname":["web"]}', /hostname: /],
    ['remove', '{"hostname":"1 OR 1=1","all":true}', /all/],
    ['tags', tagsOf(10_001), /^Cannot read body: tags: at most 10000 members are allowed: got 10001$/],
    ['remove', `[${'[],'.repeat(10_000)}[]]`, /^Cannot read body: body: at most 10000 members/],
  ] as const)('refuses a body of %s: %s', (schema, body, words) => {
    expect(read(schema, body)).toMatch(words);
  });
});
