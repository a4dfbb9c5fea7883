/**
 * The inventory of elements in `docs/ui.md`: their names, what the comment at the head of each file says, properties and
 * events, read from the sources.
 *
 *   node scripts/elements.mjs           prints it
 *   node scripts/elements.mjs --write   writes it into the document
 *   node scripts/elements.mjs --check   fails when the document has another one (`npm run check`)
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const documentFile = join(root, 'docs/ui.md');
const begin = '<!-- inventory: written by scripts/elements.mjs -->';
const end = '<!-- end of inventory -->';

/** Rooms in the order in which they are read. */
const rooms = {
  pages: 'Pages',
  elements: 'Shared',
  shell: 'Shell',
  overview: 'Overview',
  tv: 'TV mode',
  charts: 'Charts',
  host: 'Host',
  compare: 'Compare',
  alerts: 'Alerts',
  rules: 'Rules and channels',
  downtimes: 'Downtimes',
  hosts: 'Hosts',
  door: 'Sign-in and first run',
  account: 'Account',
  admin: 'Administration',
  // One room for each of its pages that has elements of its own.
  agents: 'Administration: agents',
  enrol: 'Administration: adding hosts',
  settings: 'Administration: settings of agents',
  tags: 'Administration: tags',
  scripts: 'Administration: scripts',
  people: 'Administration: people',
  tokens: 'Administration: API tokens',
  channels: 'Administration: channels',
  storage: 'Administration: storage',
  audit: 'Administration: audit log',
  health: 'Administration: hub health',
};

/** Functions of `ui/elements/events.ts`, and what they tell. */
const tellers = {
  openRoute: 'pw-navigate',
  replaceRoute: 'pw-route',
  showToast: 'pw-toast',
  showOutcome: 'pw-toast',
  showGone: 'pw-toast',
};

function filesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function elementsOf(file) {
  const text = readFileSync(file, 'utf8');
  const name = /@customElement\('([^']+)'\)/.exec(text)?.[1];
  if (name === undefined) return [];
  const properties = [
    ...text.matchAll(/@property\(((?:[^()]|\([^()]*\))*)\)\s*(?:(?:override|accessor|set)\s+)?(\w+)/g),
  ].map(([, options, property]) => (/reflect: true/.test(options) ? `**${property}**` : property));
  const events = new Set([
    ...[...text.matchAll(/\btell(?:<[^>]*>)?\(\s*this,\s*'([^']+)'/g)].map(([, event]) => event),
    ...[...text.matchAll(/new CustomEvent(?:<[^>]*>)?\('([^']+)'/g)].map(([, event]) => event),
    ...Object.entries(tellers).flatMap(([teller, event]) => (new RegExp(`\\b${teller}\\(`).test(text) ? [event] : [])),
  ]);
  return [
    { name, room: basename(dirname(file)), purpose: purposeOf(text, file), properties, events: [...events].sort() },
  ];
}

/** The first paragraph of the comment at the head of the file. */
function purposeOf(text, file) {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  if (comment === undefined) throw new Error(`Cannot list elements: ${relative(root, file)} must begin with a comment`);
  const [paragraph] = comment
    .replace(/^[ \t]*\*[ \t]?/gm, '')
    .trim()
    .split(/\n\s*\n/);
  return paragraph.replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function formatInventory() {
  const elements = [...filesUnder('ui/pages'), ...filesUnder('ui/elements')].flatMap(elementsOf);
  const unknown = elements.find(({ room }) => rooms[room] === undefined);
  if (unknown !== undefined)
    throw new Error(
      `Cannot list elements: scripts/elements.mjs must know the room "${unknown.room}" of ${unknown.name}`,
    );
  const tables = Object.entries(rooms).flatMap(([room, title]) => {
    const rows = elements.filter((element) => element.room === room);
    if (rows.length === 0) return [];
    const lines = rows.map(
      ({ name, purpose, properties, events }) =>
        `| \`${name}\` | ${purpose} | ${properties.join(', ')} | ${events.map((event) => `\`${event}\``).join(', ')} |`,
    );
    return [`### ${title}\n\n| Element | What it is | Properties | Tells |\n|---|---|---|---|\n${lines.join('\n')}`];
  });
  return tables.join('\n\n');
}

const text = readFileSync(documentFile, 'utf8');
const [before, rest] = text.split(begin);
const after = rest?.split(end)[1];
if (after === undefined) throw new Error(`Cannot list elements: docs/ui.md must hold "${begin}" and "${end}"`);
const written = `${before}${begin}\n\n${formatInventory()}\n\n${end}${after}`;
if (process.argv.includes('--write')) {
  writeFileSync(documentFile, written);
} else if (!process.argv.includes('--check')) {
  process.stdout.write(`${formatInventory()}\n`);
} else if (text !== written) {
  process.stderr.write(
    'The inventory in docs/ui.md is not that of the sources: run node scripts/elements.mjs --write\n',
  );
  process.exitCode = 1;
}
