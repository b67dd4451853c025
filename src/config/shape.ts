import { z } from 'zod';
import type { OptionPath } from './spec.ts';

/** What a key may be, or undefined where the schema lets any key pass. */
type Keys = readonly string[] | undefined;

/**
 * Keys that a schema allows in the object at `path`; undefined when it names none there.
 * @param value the object that stands there: its literals (`format: postgres`) choose among the alternatives
 */
export function keysAt(schema: z.ZodType, path: OptionPath, value: unknown): Keys {
  const objects = at(schema, path)
    .flatMap(alternatives)
    .filter((option): option is z.ZodObject => option instanceof z.ZodObject);
  const meant = objects.filter((option) => literalsMatch(option, value));
  const found = (meant.length > 0 ? meant : objects).flatMap((option) => Object.keys(option.shape));
  return found.length === 0 ? undefined : [...new Set(found)];
}

function literalsMatch(option: z.ZodObject, value: unknown): boolean {
  return Object.entries(option.shape).every(([key, schema]) =>
    alternatives(schema as z.ZodType).every(
      (literal) =>
        !(literal instanceof z.ZodLiteral) ||
        (schema as z.ZodType).safeParse((value as Record<string, unknown>)[key]).success,
    ),
  );
}

function at(schema: z.ZodType, path: OptionPath): z.ZodType[] {
  const [head, ...rest] = path;
  if (head === undefined) return [schema];
  return alternatives(schema).flatMap((option) => {
    const inner = member(option, head);
    return inner === undefined ? [] : at(inner, rest);
  });
}

function member(schema: z.ZodType, key: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return typed(schema.shape[String(key)]);
  if (schema instanceof z.ZodRecord) return typed(schema.valueType);
  if (schema instanceof z.ZodArray) return typed(schema.element);
  return undefined;
}

/** Looks through wrappers and unions at what the input may be. */
export function alternatives(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => alternatives(option as z.ZodType));
  }
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  if (schema instanceof z.ZodLazy) return unwrapped(schema.unwrap());
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapped(schema.unwrap());
  }
  return [schema];
}

function unwrapped(inner: unknown): z.ZodType[] {
  const schema = typed(inner);
  return schema === undefined ? [] : alternatives(schema);
}

/** zod's core types say less than its classes do. */
function typed(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}
