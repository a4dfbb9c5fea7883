/**
 * Everything that the overview shows of a fleet for a route, worked out when something of it has changed and kept until
 * then: with thousands of hosts that takes some milliseconds, and is asked for often.
 */
import type { Severity } from '#core/rule-spec.ts';
import { type Density, type HostStatus, hostStatuses, type OverviewRoute } from '../route.ts';
import { densityOf } from './density.ts';
import {
  defaultGroup,
  filterHosts,
  groupHosts,
  type HostGroup,
  tagChoices,
  tagNames,
  type ViewedHost,
} from './hosts-view.ts';

export interface ArrangementSource<Host> {
  /** By title. */
  readonly hosts: readonly Host[];
  readonly route: OverviewRoute;
  readonly worstOf: (host: Host) => Severity | null;
  /** Another one when hosts, their alerts, or the values that they are ordered by have changed. */
  readonly version: string;
}

export class FleetArrangement<Host extends ViewedHost> {
  /** Of the hosts that pass search and tags. */
  counts: Readonly<Record<HostStatus | 'all', number>> = { all: 0, up: 0, stale: 0, down: 0, never: 0, downtime: 0 };
  tagChoices: readonly string[] = [];
  tagNames: readonly string[] = [];
  groupBy = '';
  density: Density = 'cards';
  groups: readonly HostGroup<Host>[] = [];
  shownCount = 0;
  #version = '';
  #route: OverviewRoute | null = null;

  of(source: ArrangementSource<Host>): this {
    const isNew = source.version !== this.#version;
    if (isNew) this.#lookAtTags(source.hosts);
    if (isNew || source.route !== this.#route) this.#arrange(source);
    this.#version = source.version;
    this.#route = source.route;
    return this;
  }

  #lookAtTags(hosts: readonly Host[]): void {
    this.tagChoices = tagChoices(hosts);
    this.tagNames = tagNames(hosts);
  }

  #arrange({ hosts, route, worstOf }: ArrangementSource<Host>): void {
    const matching = filterHosts(hosts, route);
    const counts = { all: matching.length, up: 0, stale: 0, down: 0, never: 0, downtime: 0 };
    for (const { status } of matching) counts[status] += 1;
    const isAll = route.statuses.length === 0 || route.statuses.length === hostStatuses.length;
    const shown = isAll ? matching : matching.filter(({ status }) => route.statuses.includes(status));
    this.counts = counts;
    this.shownCount = shown.length;
    this.groupBy = route.groupBy ?? defaultGroup(hosts);
    this.density = densityOf(route.view, shown.length);
    const hasAttentionGroup = this.density !== 'tiles';
    this.groups = groupHosts(shown, { sort: route.sort, groupBy: this.groupBy, worstOf, hasAttentionGroup });
  }
}
