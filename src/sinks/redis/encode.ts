import { Deltas } from '../../event/aggregate.ts';
import type { Layout } from '../../event/layout.ts';
import {
  DEFAULT_NAME,
  KEY_NAMES,
  NameColumn,
  Names,
  type NameRule,
  NameTagger,
} from '../../event/names.ts';
import {
  parseTemplate,
  renderTemplate,
  type TemplatePart,
  templatePaths,
  templateStep,
} from '../../event/template.ts';
import { columnOf } from '../columns.ts';
import { DeltaEncoder } from '../delta-encoder.ts';
import type { EncoderContext, EncoderDefinition, OutputEncoder } from '../encoder.ts';
import type { RedisOutput } from './spec.ts';

/** Deltas for each key; the writer adds them up in one script. */
export const redis: EncoderDefinition<RedisOutput> = {
  fields: ({ counters }) => counters.flatMap(templatePaths).map((path) => ({ path, type: 'any' })),
  compile: compileRedis,
};

function compileRedis(
  { counters }: RedisOutput,
  { core, literals, table, output }: EncoderContext,
): OutputEncoder {
  const { memory } = core;
  const base = table.layouts[0] as Layout;
  const all: NameColumn[] = [];
  const deltas = counters.map((template) => {
    const parts = parseTemplate(template);
    const columns = parts.flatMap((part, k) =>
      part.kind === 'path'
        ? [new NameColumn(memory, literals, columnOf(base, part.path), keyRule(parts[k + 1]))]
        : [],
    );
    all.push(...columns);
    const render = (numbers: readonly number[], seconds: number): string => {
      const texts = numbers.map((n, k) => (columns[k] as NameColumn).text(n) || DEFAULT_NAME);
      return renderTemplate(parts, texts, seconds);
    };
    return new Deltas(new Names(memory, base, { columns, step: templateStep(parts), render }));
  });
  return new DeltaEncoder(memory, deltas, new NameTagger(base, literals, all, output));
}

/** A text never holds the character that separates it from what follows: so two events share a key only when they should. */
function keyRule(following: TemplatePart | undefined): NameRule {
  if (following?.kind !== 'text') return KEY_NAMES;
  const separator = following.text[0] as string;
  return {
    ...KEY_NAMES,
    allowed: new RegExp(`^(?:(?!\\x${hex(separator)})[\\x21-\\x7a|~])+$`),
  };
}

function hex(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0x7f ? '00' : code.toString(16).padStart(2, '0');
}
