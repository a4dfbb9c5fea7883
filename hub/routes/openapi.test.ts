import { expect, test } from 'vitest';
import { alertRoutes } from './alerts/alerts.ts';
import { channelRoutes } from './alerts/channels.ts';
import { downtimeRoutes, silenceRoutes } from './alerts/downtimes.ts';
import { oldShapeRoutes } from './alerts/old-shapes.ts';
import { ruleRoutes } from './alerts/rules.ts';
import { backtestRoute } from './backtest.ts';
import { openApiDocument } from './openapi.ts';

const document = openApiDocument('1.2.3');

test('the OpenAPI document knows every route of alerts and no other', () => {
  const none = () => {
    throw new Error('not asked');
  };
  const routes = [ruleRoutes, channelRoutes, downtimeRoutes, silenceRoutes, alertRoutes, oldShapeRoutes]
    .flatMap((routesOf) => routesOf(none))
    .concat(backtestRoute(none))
    .map(({ method, path }) => `${method} ${path}`);
  const described = Object.entries(document.paths)
    .filter(([path]) =>
      /^\/(alert|downtime|fetch\/recent|api\/v1\/(rules|channels|downtimes|silences|alerts|notices))/.test(path),
    )
    .flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method} ${path.replace(/\/\{id\}.*/, '/*')}`),
    );

  expect([...new Set(described)].sort()).toEqual([...new Set(routes)].sort());
});

test('what the OpenAPI document refers to is in it', () => {
  const text = JSON.stringify(document);
  const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);

  expect([...new Set(names)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  expect(text).toContain('"version":"1.2.3"');
});
