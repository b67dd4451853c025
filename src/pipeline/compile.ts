import { TEXT } from '../event/cell.ts';
import type { EventCore } from '../event/core.ts';
import type { Layout, TableShape } from '../event/layout.ts';
import type { LiteralArea } from '../event/literals.ts';
import type { Region } from '../event/memory.ts';
import { Rows } from '../event/rows.ts';
import { resolveZone, type Zone } from '../event/zone.ts';
import type { EncoderContext, OutputEncoder } from '../sinks/encoder.ts';
import { ENCODERS } from '../sinks/encoders.ts';
import { STEPS } from '../transforms/registry.ts';
import { parserUses, shapeOf } from './columns.ts';
import { Finish } from './finish.ts';
import { type ParserChoice, ParseStage, type Refile } from './parse-stage.ts';
import type { OutputPlan, PipelinePlan, Position, StepPlan } from './plan.ts';

export interface CompileContext {
  readonly core: EventCore;
  readonly literals: LiteralArea;
  /** Cells of a chunk. */
  readonly table: Region;
  readonly side: Region;
  /** Makes the refiling routine for a pipeline's table. */
  readonly refile: (core: EventCore, literals: LiteralArea, shape: TableShape) => Refile;
}

/** One stage of the rows' way: a parse or a step. */
export interface Stage {
  readonly name: string;
  readonly at: Position | undefined;
  /** Its time counts as parsing. */
  readonly parses: boolean;
  apply(rows: Rows): void;
}

export interface CompiledOutput {
  readonly plan: OutputPlan;
  readonly encoder: OutputEncoder;
}

export interface CompiledPipeline {
  readonly plan: PipelinePlan;
  readonly shape: TableShape;
  readonly rows: Rows;
  readonly stages: readonly Stage[];
  readonly finish: Finish;
  readonly outputs: readonly CompiledOutput[];
  /** Outputs that a row has until a route step says otherwise: those that name no route. */
  readonly outputMask: number;
  readonly idColumn: number;
  readonly peerColumn: number;
  /** Zones that sources say, by their names. */
  readonly zones: ReadonlyMap<string, Zone>;
}

/** Outputs are bits of a word in the row's header. */
export const MAX_OUTPUTS = 32;

/**
 * Turns a plan into numbered columns, stages and op lists.
 * @throws LayoutError or RangeError when the plan does not fit; options were validated before
 */
export function compilePipeline(plan: PipelinePlan, context: CompileContext): CompiledPipeline {
  if (plan.outputs.length > MAX_OUTPUTS)
    throw new RangeError(`a pipeline has at most ${MAX_OUTPUTS} outputs`);
  const shape = shapeOf(plan);
  const base = shape.layouts[0] as Layout;
  const { core, literals } = context;
  const refile = context.refile(core, literals, shape);
  const compileStep = (step: StepPlan): Stage =>
    step.step === 'parse'
      ? parseStage(step, shape, context, refile)
      : transformStage(step, plan, shape, literals);
  const stages = plan.steps.map(compileStep);
  return {
    plan,
    shape,
    rows: new Rows(core.memory, context.table, context.side, shape.width),
    stages: startsWithEnvelope(plan) ? stages : [rawMessage(base), ...stages],
    finish: new Finish(base, literals),
    outputs: plan.outputs.map((output, number) => ({
      plan: output,
      encoder: encoderOf(output, { core, literals, table: shape, output: number }),
    })),
    outputMask: maskOf(plan, (output) => output.routes.length === 0),
    idColumn: indexOf(base, 'event.id'),
    peerColumn: indexOf(base, 'log.source.address'),
    zones: new Map(
      Object.entries(plan.timezones ?? {}).map(([source, name]) => [source, resolveZone(name)]),
    ),
  };
}

function encoderOf(output: OutputPlan, context: EncoderContext): OutputEncoder {
  const definition = ENCODERS.get(output.type);
  if (definition === undefined)
    throw new RangeError(`sinks of type ${output.type} have no encoder`);
  return definition.compile(output.options, context);
}

function parseStage(
  step: StepPlan,
  shape: TableShape,
  context: CompileContext,
  refile: Refile,
): Stage {
  const { core, literals } = context;
  const base = shape.layouts[0] as Layout;
  const uses = parserUses(step);
  const sole = uses.length === 1;
  const choices = uses.map((use): ParserChoice => {
    const { kind } = use.definition;
    const layout =
      kind === 'envelope' ? base : (shape.layouts.find(({ name }) => name === use.name) as Layout);
    const parser = use.definition.compile(use.options, {
      core,
      literals,
      table: shape,
      layout,
      sole,
    });
    return { name: use.name, kind, layout, parser };
  });
  const stage = new ParseStage(choices, base, literals, refile);
  const name = `parse ${choices.map((choice) => choice.name).join(', ')}`;
  return { name, at: step.at, parses: true, apply: (rows) => stage.apply(rows) };
}

function transformStage(
  step: StepPlan,
  plan: PipelinePlan,
  shape: TableShape,
  literals: LiteralArea,
): Stage {
  const definition = STEPS.get(step.step);
  if (definition === undefined) throw new RangeError(`unknown step ${step.step}`);
  const compiled = definition.compile(step.options, {
    literals,
    table: shape,
    column: (layout, path) => layout.byPath.get(path)?.index ?? -1,
    outputsOf: (route) =>
      maskOf(plan, ({ routes }) => routes.length === 0 || routes.includes(route)),
  });
  return { name: step.step, at: step.at, parses: false, apply: (rows) => compiled.apply(rows) };
}

/** Without an envelope the whole record is the message. */
function rawMessage(base: Layout): Stage {
  const message = indexOf(base, 'message');
  return {
    name: 'record',
    at: undefined,
    parses: true,
    apply(rows) {
      for (let k = 0; k < rows.count; k++) {
        const row = rows.at(k);
        rows.setSpan(row, message, rows.rawAddress(row), rows.rawLength(row), TEXT);
      }
    },
  };
}

function startsWithEnvelope(plan: PipelinePlan): boolean {
  const [first] = plan.steps;
  return first?.step === 'parse' && parserUses(first)[0]?.definition.kind === 'envelope';
}

function indexOf(layout: Layout, path: string): number {
  const column = layout.byPath.get(path);
  if (column === undefined) throw new RangeError(`the base layout lacks ${path}`);
  return column.index;
}

function maskOf(plan: PipelinePlan, takes: (output: OutputPlan) => boolean): number {
  return plan.outputs.reduce(
    (mask, output, bit) => (takes(output) ? (mask | (1 << bit)) >>> 0 : mask),
    0,
  );
}
