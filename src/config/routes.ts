import type { Checker } from './checker.ts';
import type { Registry } from './registry.ts';
import type { StepConfig } from './schema.ts';
import type { OptionPath, RouteName } from './spec.ts';

/** The routes that a pipeline's steps may choose. @param path of the pipeline */
export function routesOf(
  path: OptionPath,
  steps: readonly (StepConfig | undefined)[],
  registry: Registry,
): RouteName[] {
  return steps.flatMap((step, index) => {
    if (step === undefined) return [];
    const routes = registry.step.get(step.step)?.routes?.(step.options) ?? [];
    return routes.map((route) => ({
      name: route.name,
      path: [...path, 'steps', index, step.step, ...route.path],
    }));
  });
}

/** Routes that an output asks for and no step gives. @param path of the output */
export function checkWanted(
  checker: Checker,
  path: OptionPath,
  wanted: readonly string[],
  given: readonly RouteName[],
): void {
  const allowed = [...new Set(given.map((route) => route.name))];
  for (const [index, route] of wanted.entries()) {
    if (allowed.includes(route)) continue;
    const none = allowed.length === 0 ? '; the pipeline has no route step' : '';
    const message = `no step of this pipeline gives the route '${route}'${none}`;
    checker.error([...path, 'routes', index], message, { allowed, word: route });
  }
}

/** Routes whose events reach no output. @param outputs the routes of each; undefined = all events */
export function checkTaken(
  checker: Checker,
  given: readonly RouteName[],
  outputs: readonly (readonly string[] | undefined)[],
): void {
  if (outputs.includes(undefined)) return;
  const taken = new Set(outputs.flat());
  for (const route of given) {
    if (taken.has(route.name)) continue;
    checker.warn(route.path, `events on route '${route.name}' reach no output`);
  }
}
