/**
 * Hostile text in every place that strangers, agents and people can write to, and every page that shows it: nothing of it may become
 * an element, run, or ask. What is looked for is a tag that no page makes, the attributes of the payloads, a dialog, and a mark that only
 * a script could leave.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adminTabs } from './model/route.ts';
import { openBrowser } from './testing/browser.ts';
import { newPage, pillSays } from './testing/page.ts';
import { RealHub } from './testing/real-hub.ts';

/** Short enough for the shortest field; each leaves a trace if it is taken for anything but text. */
const corpus = [
  `<xss-a onclick=alert(1)><img src=x onerror=alert(1)>`,
  `"><xss-a><svg/onload=alert(1)>`,
  `'--></title></style></textarea><script>alert(1)</script><xss-a>`,
  `javascript:alert(1)//`,
  `\${alert(1)}{{constructor.constructor('alert(1)')()}}`,
  `<math><mtext><xss-a><style><img src=x onerror=alert(1)>`,
  `&lt;xss-a&gt;<!--<xss-a>-->`,
  `=cmd|'/c calc'!A1`,
];
const [first, second, third] = corpus as [string, string, string];
const all = corpus.join(' ');

let hub: RealHub;
let browser: Browser;
const refused: string[] = [];

beforeAll(async () => {
  hub = await RealHub.start();
  browser = await openBrowser();
  await fill();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

/** What the hub does not take cannot be shown; what it takes has to be shown as text. */
async function put(method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await hub.ask<unknown>(method, path, body);
  if (answer.status >= 500) throw new Error(`${method} ${path}: got ${answer.status} ${JSON.stringify(answer.body)}`);
  if (answer.status >= 400) refused.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function fill(): Promise<void> {
  // An agent of whom everything that it may say is hostile: name, tags, metrics with labels of its own script, and its errors.
  await hub.startAgent({
    name: first,
    tags: { role: second, note: all.slice(0, 150), [`t_${third.length}`]: third },
    scripts: {
      'hostile.mjs': `export const everyMs = 0;
        export const collect = () => Object.fromEntries(${JSON.stringify(corpus)}.map((text, index) => ['hostile_' + index, index]));`,
      'labels.sh': `#!/bin/sh\necho 'queue{name="<xss-a>"} 1'\necho '${second.replaceAll("'", '')}'\necho "<xss-a onclick=alert(1)>" >&2\nexit 3\n`,
    },
  });
  for (const [index, text] of corpus.entries())
    await put('POST', '/metrics', {
      hostname: `${index} ${text}`.slice(0, 200),
      client_id: `client ${index}`,
      metrics: { [text.slice(0, 150)]: index, cpu_usage: 99 },
      tags: { role: text.slice(0, 150) },
    });
  await put('PATCH', `/api/v1/hosts/${encodeURIComponent(first)}`, { alias: second, tags: { [second]: first } });
  await put('POST', '/api/v1/channels', { name: first, kind: 'webhook', settings: { url: 'https://127.0.0.1/x' } });
  for (const [index, text] of corpus.entries()) {
    await put('POST', '/api/v1/rules', {
      ...{
        name: `${index} ${text}`,
        metric: 'cpu_usage',
        condition: 'above',
        threshold: 1,
        for: 0,
        severity: 'critical',
      },
      ...{ summary: all, message: `${text} {{host}} {{series}} {{tag.role}}`, channels: [first] },
    });
    await put('POST', '/api/v1/notes', { text: `${index} ${text}`, author: text });
    await put('POST', '/api/v1/people', {
      name: `p${index} ${text}`.slice(0, 60),
      role: 'viewer',
      password: 'long enough for anybody',
    });
    await put('POST', '/api/v1/tokens', { name: `t${index} ${text}`.slice(0, 60), scope: 'read' });
  }
  await put('POST', '/api/v1/downtimes', {
    hosts: { names: [second] },
    start: Date.now() / 1_000 - 60,
    duration: 7_200,
    author: first,
    reason: all,
  });
  await put('POST', '/api/v1/silences', { hosts: { names: [second] }, duration: 7_200, author: first, comment: all });
  await put('POST', '/api/v1/enrolments', { uses: 1, expires: 3_600, tags: { role: first }, name: second });
  // Strangers' words in the audit log, and in its refusals.
  for (const text of corpus)
    await fetch(`${hub.url}/api/v1/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': text },
      body: '{"text":"x"}',
    });
  await put('PATCH', `/api/v1/hosts/${encodeURIComponent(first)}`, { nothing: all });
  await put('DELETE', `/api/v1/rules/${encodeURIComponent(second)}`, {});
}

const host = encodeURIComponent(first);
const addresses = [
  ...['/dashboard', '/dashboard?view=table', '/dashboard?view=tiles', '/dashboard?group=role', '/dashboard?tv=1'],
  ...[
    `/dashboard?host=${host}`,
    `/dashboard?host=${host}&range=1h`,
    `/dashboard?host=${encodeURIComponent(`0 ${first}`)}`,
  ],
  `/dashboard?compare=${host},${encodeURIComponent(`1 ${second}`)}&metric=cpu_usage`,
  ...['open', 'resolved', 'silences', 'rules', 'channels'].map((list) => `/dashboard?alerts=${list}`),
  ...['/dashboard?rule=new', '/dashboard?rule=1', '/dashboard?rule=3', '/dashboard?downtimes=week', '/admin?tab=hosts'],
  ...adminTabs.map((tab) => `/admin?tab=${tab}`),
  // The address itself is a stranger's word too.
  ...[first, second, third].flatMap((text) => [
    `/dashboard?q=${encodeURIComponent(text)}&tag=${encodeURIComponent(text)}`,
    `/dashboard?host=${encodeURIComponent(text)}#${encodeURIComponent(text)}`,
    `/admin?tab=audit&q=${encodeURIComponent(text)}&action=${encodeURIComponent(text)}`,
  ]),
];

/** Elements and attributes that only the payloads have, in every shadow tree. */
function traces(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const look = (root: ParentNode) => {
      for (const element of root.querySelectorAll('*')) {
        const isOurs = !['XSS-A', 'MATH'].includes(element.tagName.toUpperCase());
        const hasHandler = [...element.attributes].some(({ name }) => /^on\w/.test(name));
        const isImage = element.tagName === 'IMG' && element.getAttribute('src') === 'x';
        const isScript = element.tagName === 'SCRIPT' && (element.textContent ?? '').includes('alert');
        const link = element.getAttribute('href') ?? element.getAttribute('src') ?? '';
        if (!isOurs || hasHandler || isImage || isScript || /^\s*javascript:/i.test(link))
          found.push(element.outerHTML.slice(0, 200));
        if (element.shadowRoot !== null) look(element.shadowRoot);
      }
    };
    look(document);
    return found;
  });
}

test('hostile text is text on every page', async () => {
  const { page, problems } = await newPage(browser, { hub });
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    dialog.dismiss().catch(() => {});
  });
  let shownCount = 0;
  for (const address of addresses) {
    await page.goto(hub.url + address);
    if (!address.includes('tv=1')) await pillSays(page, /live|·/);
    await page.waitForLoadState('networkidle').catch(() => {});
    // Whatever opens: rows of the audit log, menus, lists.
    if (address.startsWith('/admin?tab=audit'))
      for (const button of await page.getByRole('button', { name: /^Details/ }).all())
        await button.click().catch(() => {});
    const text = await page.evaluate(() => {
      const textOf = (root: ParentNode): string =>
        [...root.querySelectorAll('*')]
          .map(
            (element) =>
              `${[...element.childNodes]
                .filter(({ nodeType }) => nodeType === 3)
                .map((node) => node.textContent)
                .join('')} ${element.shadowRoot === null ? '' : textOf(element.shadowRoot)}`,
          )
          .join(' ');
      return textOf(document);
    });
    if (text.includes('<xss-a')) shownCount += 1;
    expect([address, await traces(page), dialogs]).toEqual([address, [], []]);
  }
  // It was there to be seen, and not left out.
  expect(shownCount, refused.join('\n')).toBeGreaterThan(12);
  expect(problems).toEqual([]);
  await page.close();
}, 300_000);
