import { type Field, type FieldType, shapeTable, type TableShape } from '../event/layout.ts';
import type { ParserDefinition } from '../parsers/parser.ts';
import { PARSERS } from '../parsers/registry.ts';
import { ENCODERS } from '../sinks/encoders.ts';
import { STEPS } from '../transforms/registry.ts';
import { fieldsOf } from '../transforms/step.ts';
import type { ParseOptions, PipelinePlan, StepPlan } from './plan.ts';
import { INDEX_DATE, LEADING_FIELDS, ROUTE, TRAILING_FIELDS } from './standard-fields.ts';

/** A parser with its options, as a `parse:` names it. */
export interface ParserUse {
  readonly name: string;
  readonly definition: ParserDefinition<unknown>;
  readonly options: unknown;
}

/** @throws RangeError for an unknown parser */
export function parserUses(step: StepPlan): ParserUse[] {
  return (step.options as ParseOptions).parsers.map(({ name, options }) => {
    const definition = PARSERS.get(name);
    if (definition === undefined) throw new RangeError(`unknown parser ${name}`);
    return { name, definition, options };
  });
}

/**
 * Which columns the pipeline's rows have: the standard fields, what envelope parsers fill, and what steps and outputs
 * name, in every row; what a dataset's parser fills, in rows of that dataset.
 */
export function shapeOf(plan: PipelinePlan): TableShape {
  const base = new FieldSet();
  const datasets = new Map<string, readonly Field[]>();
  base.add(LEADING_FIELDS);
  for (const step of plan.steps) {
    if (step.step !== 'parse') continue;
    for (const use of parserUses(step)) {
      const fields = use.definition.fields(use.options);
      if (use.definition.kind === 'envelope') base.add(fields);
      else datasets.set(use.name, fields);
      base.add(fieldsOf(use.definition.reads ?? []));
    }
  }
  for (const step of plan.steps) {
    if (step.step === 'parse') continue;
    const definition = STEPS.get(step.step);
    base.add(definition?.fields(step.options) ?? []);
    base.addWholes(definition?.wholes?.(step.options) ?? []);
  }
  for (const output of plan.outputs)
    base.add(ENCODERS.get(output.type)?.fields(output.options) ?? []);
  base.add(TRAILING_FIELDS);
  const all = [...datasets.values()].flat();
  base.learn(all);
  return shapeTable(base.fields(all), datasets, [INDEX_DATE, ROUTE]);
}

/** Fields in the order of their first mention; a type that somebody knows replaces `any`. */
class FieldSet {
  readonly #types = new Map<string, FieldType>();
  readonly #wholes = new Set<string>();

  add(fields: readonly Field[]): void {
    for (const { path, type } of fields) {
      if (path === INDEX_DATE.path) continue;
      const known = this.#types.get(path);
      if (known === undefined || known === 'any') this.#types.set(path, type);
    }
  }

  /** Paths that may name whole objects (`remove: [log.syslog]`): fields only where nothing has members below them. */
  addWholes(paths: readonly string[]): void {
    for (const path of paths) this.#wholes.add(path);
  }

  learn(fields: readonly Field[]): void {
    for (const { path, type } of fields)
      if (this.#types.get(path) === 'any') this.#types.set(path, type);
  }

  fields(others: readonly Field[]): Field[] {
    const objects = new Set(
      [...this.#types.keys(), ...others.map((field) => field.path)].flatMap((path) =>
        path.split('.').map((_, depth, keys) => keys.slice(0, depth).join('.')),
      ),
    );
    this.add(fieldsOf([...this.#wholes].filter((path) => !objects.has(path))));
    return [...this.#types].map(([path, type]) => ({ path, type }));
  }
}
