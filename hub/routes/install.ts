/**
 * How an agent gets onto another machine: the script that installs it, what the script does in words, and the agent itself.
 *
 * Public, as nobody has signed in on that machine, and so they tell no more than whoever runs the script has to know: where the hub
 * is, and the agent's version. A secret is never part of an address here.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesTag } from '../content-encoding.ts';
import { type HttpAnswer, HttpError, type HttpRequest, type Route } from '../http.ts';
import type { AgentArchive, Archive } from '../install/agent-archive.ts';

export interface InstallOptions {
  /** With `install.sh` and `install.md`. */
  readonly folder: string;
  readonly archive: AgentArchive;
}

/** Archives that are sent at once: whoever is told to wait tries again. */
const downloadsMax = 32;
const textType = 'text/plain; charset=utf-8';

/** `/install` in words, `/install.sh`, and below `/install/` the archive. */
export function installRoutes({ folder, archive }: InstallOptions): Route[] {
  let downloads = 0;
  const read = { method: 'get', access: 'public', isChange: false, action: null, bodyBytesMax: 0 } as const;
  const text = async (name: string, request: HttpRequest): Promise<HttpAnswer> => {
    const hubUrl = hubUrlOf(request.header('host'), request.credentials.isSecure);
    const { sha256 } = await readArchive(archive);
    const template = await readFile(join(folder, name), 'utf8');
    const body = fillIn(template, { hub_url: hubUrl, archive: archive.name, archive_sha256: sha256 });
    return { status: 200, type: textType, headers: { 'cache-control': 'no-store' }, body };
  };
  return [
    { ...read, path: '/install', answer: (request) => text('install.md', request) },
    { ...read, path: '/install.sh', answer: (request) => text('install.sh', request) },
    {
      ...read,
      path: '/install/*',
      answer: async (request) => {
        const name = request.rest.join('/');
        if (name !== archive.name)
          throw new HttpError(
            404,
            `Cannot find ${JSON.stringify(name.slice(0, 200))}: this hub has the agent as /install/${archive.name}`,
          );
        const { bytes, sha256 } = await readArchive(archive);
        const tag = `"${sha256.slice(0, 32)}"`;
        const headers = { etag: tag, 'cache-control': 'no-cache' };
        const type = 'application/gzip';
        if (matchesTag(request.header('if-none-match'), tag)) return { status: 304, type, headers, body: '' };
        if (downloads >= downloadsMax)
          throw new HttpError(503, `Cannot send the agent: at most ${downloadsMax} may be on their way: try again`, {
            'retry-after': '5',
          });
        downloads += 1;
        return { status: 200, type, headers, body: bytes, settled: () => (downloads -= 1) };
      },
    },
  ];
}

/**
 * Where the hub was reached, as a URL without a path. Throws HttpError for a Host header with anything but a name or an address
 * and a port: it becomes part of a script that runs as root.
 */
export function hubUrlOf(host: string, isSecure: boolean): string {
  if (!/^([a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.test(host))
    throw new HttpError(
      400,
      `Cannot say where the hub is: the Host header must be a name or an address, and a port: got ${JSON.stringify(host.slice(0, 100))}`,
    );
  return `${isSecure ? 'https' : 'http'}://${host.toLowerCase()}`;
}

/**
 * Fills in the lines `name=''` of a script and the words `{{name}}` of a text. Throws for a value with a character that could mean
 * something to a shell: whatever has let it come so far is wrong.
 */
export function fillIn(template: string, values: Readonly<Record<string, string>>): string {
  let text = template;
  for (const [name, value] of Object.entries(values)) {
    if (!/^[\w.:/[\]-]+$/.test(value))
      throw new Error(`Cannot fill in ${name}: it must be letters, digits and ".:/[]-_": got ${JSON.stringify(value)}`);
    text = text
      .replace(new RegExp(`^${name}=''$`, 'm'), () => `${name}='${value}'`)
      .replaceAll(`{{${name}}}`, () => value);
  }
  return text;
}

async function readArchive(archive: AgentArchive): Promise<Archive> {
  try {
    return await archive.read();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new HttpError(503, `Cannot send the agent: it must be built (npm run build): got ${String(error.code)}`);
  }
}
