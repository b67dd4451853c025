import { filter } from './filter/step.ts';
import { remove } from './remove/step.ts';
import { rename } from './rename/step.ts';
import { route } from './route/step.ts';
import { set } from './set/step.ts';
import type { StepDefinition } from './step.ts';

/** Steps by name. `parse` is not one of them: it is the pipeline's own. */
export const STEPS: ReadonlyMap<string, StepDefinition<unknown>> = new Map(
  ([filter, route, set, rename, remove] as StepDefinition<unknown>[]).map((step) => [
    step.name,
    step,
  ]),
);
