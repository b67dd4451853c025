import type { ConfigIssue } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { LayoutError } from '../event/layout.ts';
import { shapeOf } from '../pipeline/columns.ts';
import { plansOf } from '../pipeline/plan.ts';

/** Pipelines whose fields contradict each other: a path that is a value in one place and an object in another. */
export function planIssues(config: Config): ConfigIssue[] {
  return plansOf(config).flatMap((plan) => {
    try {
      shapeOf(plan);
      return [];
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      return [{ path: ['pipelines', plan.name], message: error.message }];
    }
  });
}
