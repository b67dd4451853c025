import type { z } from 'zod';

export type ComponentKind = 'source' | 'parser' | 'step' | 'sink';

/**
 * The one place where a component is declared: types, validation, `sluice list`, JSON Schema and the reference pages
 * all come from here. It stands in the component's folder as spec.ts.
 */
export interface ComponentSpec<Options extends z.ZodType = z.ZodType> {
  readonly kind: ComponentKind;
  /** As written in the configuration. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Every key described, with its default. For a sink: the connection (`sinks:`). */
  readonly options: Options;
  /** Sinks: what a pipeline says under `to:`. */
  readonly output?: z.ZodType;
  /** A runnable YAML snippet. */
  readonly example: string;
}
