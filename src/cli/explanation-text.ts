import { isUtf8 } from 'node:buffer';
import type { Paint } from '../config/diagnostic.ts';
import type {
  ExplainedOutput,
  ExplainedPipeline,
  ExplainedStage,
  Explanation,
  FieldValue,
} from './explanation.ts';

/** Machine form: bytes as base64, and as text where they are UTF-8. */
export function explanationJson(explanation: Explanation): string {
  return JSON.stringify({
    ...explanation,
    pipelines: explanation.pipelines.map((pipeline) => ({
      ...pipeline,
      outputs: pipeline.outputs.map(({ bytes, ...output }) =>
        bytes === undefined
          ? output
          : {
              ...output,
              bytes: bytes.toString('base64'),
              ...(isUtf8(bytes) ? { text: bytes.toString() } : {}),
            },
      ),
    })),
  });
}

/** For people: each step with the fields that it changed, then what each output gets. */
export function explanationText(explanation: Explanation, file: string, paint: Paint): string {
  const lines = [`source ${paint.bold(explanation.source)}`];
  if (explanation.pipelines.length === 0) lines.push('', 'no pipeline reads this source');
  for (const pipeline of explanation.pipelines)
    lines.push('', ...pipelineLines(pipeline, file, paint));
  return `${lines.join('\n')}\n`;
}

function pipelineLines(pipeline: ExplainedPipeline, file: string, paint: Paint): string[] {
  const { name, stages, route, outputs } = pipeline;
  const lines = [`pipeline ${paint.bold(name)}`];
  let before: ExplainedStage['fields'] = {};
  for (const [index, stage] of stages.entries()) {
    lines.push(...stageLines(stage, index + 1, before, file, paint));
    before = stage.fields;
  }
  if (route !== undefined) lines.push(`  route ${paint.bold(route)}`);
  for (const output of outputs) lines.push(...outputLines(output, paint));
  return lines;
}

function stageLines(
  { step, at, fields, changed, dropped, error }: ExplainedStage,
  number: number,
  before: ExplainedStage['fields'],
  file: string,
  paint: Paint,
): string[] {
  const place = at === undefined ? '' : paint.dim(`  ${file}:${at.line}:${at.column}`);
  const lines = [`  ${number}. ${paint.cyan(step)}${place}`];
  const width = Math.max(0, ...changed.map((path) => path.length));
  for (const path of changed) {
    const field = fields[path];
    const label = path.padEnd(width);
    if (field === undefined) lines.push(`     ${paint.red('-')} ${label.trimEnd()}`);
    else {
      const mark = Object.hasOwn(before, path) ? paint.yellow('~') : '+';
      lines.push(`     ${mark} ${label}  ${paint.dim(field.kind.padEnd(7))}  ${shown(field)}`);
    }
  }
  if (error !== undefined) lines.push(`     ${paint.red('error')} ${error}`);
  if (dropped === true)
    lines.push(`     ${paint.yellow('dropped')}: no later step or output sees it`);
  else if (changed.length === 0 && error === undefined)
    lines.push(paint.dim('     no field changed'));
  return lines;
}

function outputLines(
  { name, sink, layout, bytes, reason }: ExplainedOutput,
  paint: Paint,
): string[] {
  const to = name === sink ? '' : ` to sink ${sink}`;
  const head = `  → ${paint.bold(name)}${to}`;
  if (bytes === undefined) return [`${head}: nothing${reason === undefined ? '' : `, ${reason}`}`];
  return [
    `${head}, layout ${layout}, ${bytes.length} bytes`,
    ...linesOf(bytes).map((line) => `    ${paint.dim('|')} ${visible(line)}`),
  ];
}

/** Cuts behind each line feed; what a line shows of its own end is nothing, a missing last one is said. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start); // \n
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, end < 0 ? next : end));
    start = next;
  }
  return lines;
}

/**
 * Bytes as text. Controls show as their pictures (␉ for a tab) and what is no UTF-8 as ‹ff›: the terminal shows each
 * byte and obeys none, and a store's own escapes (`\t` in COPY text) stay what they are.
 */
function visible(line: Buffer): string {
  const text = isUtf8(line)
    ? line.toString()
    : line.toString('latin1').replace(/[\x80-\xff]/g, numbered);
  return text.replace(/\p{Cc}/gu, picture);
}

function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code === 0x7f) return '\u2421'; // ␡
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : numbered(control);
}

function numbered(character: string): string {
  return `‹${character.charCodeAt(0).toString(16)}›`;
}

/** Texts in quotes, so that spaces and controls show; all else as it is. */
function shown({ value, kind }: FieldValue): string {
  return typeof value === 'string' && kind !== 'text' ? value : JSON.stringify(value);
}
