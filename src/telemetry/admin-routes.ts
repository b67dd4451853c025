import { json, type Route } from './admin.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import type { Snapshot } from './snapshot.ts';

/** The pages of the admin port. */
export function adminRoutes(
  { registry }: Metrics,
  health: Health,
  snapshot: () => Snapshot,
): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    [
      '/metrics',
      async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
    ],
    // Alive, whatever the stores do: an orchestrator must not restart what waits for a store.
    ['/health', () => json(200, { status: health.state })],
    [
      '/ready',
      () => json(health.ready ? 200 : 503, { status: health.state, problems: health.problems }),
    ],
    ['/status', () => json(200, snapshot())],
  ]);
}
