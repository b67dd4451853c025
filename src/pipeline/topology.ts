import type { PipelinePlan } from './plan.ts';

/** An output, counted through over all pipelines: slot number = output number. */
export interface OutputNode {
  readonly number: number;
  readonly name: string;
  readonly sink: string;
  readonly pipeline: string;
}

export interface PipelineNode {
  readonly number: number;
  readonly name: string;
  readonly outputs: readonly OutputNode[];
}

/** Who reads whom, by number: what messages and tallies are laid out after. */
export interface Topology {
  readonly sources: readonly string[];
  readonly plans: readonly PipelinePlan[];
  readonly pipelines: readonly PipelineNode[];
  readonly outputs: readonly OutputNode[];
  /** For each source: the pipelines that read it, in order. */
  readonly readers: readonly (readonly PipelineNode[])[];
}

export function topologyOf(sources: readonly string[], plans: readonly PipelinePlan[]): Topology {
  const outputs: OutputNode[] = [];
  const pipelines = plans.map((plan, number): PipelineNode => {
    const own = plan.outputs.map(
      ({ name, sink }, k): OutputNode => ({
        number: outputs.length + k,
        name,
        sink,
        pipeline: plan.name,
      }),
    );
    outputs.push(...own);
    return { number, name: plan.name, outputs: own };
  });
  const readers = sources.map((source) =>
    pipelines.filter(({ number }) => plans[number]?.from.includes(source)),
  );
  return { sources, plans, pipelines, outputs, readers };
}
