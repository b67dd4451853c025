import { z } from 'zod';
import type { ParseOptions } from './schema.ts';
import type { ComponentSpec } from './spec.ts';

/**
 * The step that is made of the parsers there are. It takes a parser's name, a parser with options, or a list of both,
 * and gives ParseOptions with each parser's defaults filled in.
 */
export function parseSpec(parsers: ReadonlyMap<string, ComponentSpec>): ComponentSpec {
  const names = [...parsers.keys()] as [string, ...string[]];
  const name = z.enum(names).transform((parser, context) => {
    const options = parsers.get(parser)?.options.safeParse({});
    if (options?.success === true) return { name: parser, options: options.data };
    context.addIssue(`'${parser}' needs options: { ${parser}: { … } }`);
    return z.NEVER;
  });
  const configured = z
    .strictObject(
      Object.fromEntries(
        names.map((parser) => [parser, optionsOf(parsers.get(parser)).optional()]),
      ),
    )
    .transform((map, context) => {
      const [entry, ...others] = Object.entries(map).filter(([, options]) => options !== undefined);
      if (entry !== undefined && others.length === 0) return { name: entry[0], options: entry[1] };
      context.addIssue('one parser stands here; write several as a list: [a, b]');
      return z.NEVER;
    });
  const parser = z.union([name, configured]);
  return {
    kind: 'step',
    name: 'parse',
    summary:
      'Reads fields out of the record: by one parser, or the first of several that detects it.',
    options: z
      .union([
        parser.transform((one) => [one]),
        z.array(parser).min(1, 'at least one parser is needed'),
      ])
      .transform((list): ParseOptions => ({ parsers: list as ParseOptions['parsers'] }))
      .describe('a parser, `{ parser: options }`, or a list of both'),
    example: `- parse: syslog
- parse: [system.auth, nginx.access]`,
  };
}

function optionsOf(spec: ComponentSpec | undefined): z.ZodType {
  return spec?.options ?? z.strictObject({});
}
