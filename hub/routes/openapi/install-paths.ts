/**
 * The OpenAPI paths of what brings an agent onto another machine.
 */
import { errors, pathParameter, text } from './parts.ts';

export function installPaths() {
  return {
    '/install': {
      get: {
        summary: 'How an agent is installed, in words',
        responses: { 200: text('Markdown'), ...errors(400, 403, 503) },
      },
    },
    '/install.sh': {
      get: {
        summary: 'The script that installs an agent from this hub',
        responses: { 200: text('POSIX sh'), ...errors(400, 403, 503) },
      },
    },
    '/install/{archive}': {
      get: {
        summary: 'The agent that the script installs',
        parameters: [pathParameter('archive', 'The name that stands in the script')],
        responses: {
          200: {
            description: 'tar.gz',
            content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } },
          },
          304: { description: 'It is the one whose tag was sent' },
          ...errors(403, 404, 503),
        },
      },
    },
  };
}
