import { readFileSync } from 'node:fs';
import type { ErrorCode } from '../errors/codes.ts';

/** Where variables and secrets come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws what node:fs throws */
  readSecret(path: string): string;
}

const SECRET_BYTES = 64 * 1024;

export const processSurroundings: Surroundings = {
  env: process.env,
  readSecret(path) {
    const text = readFileSync(path, 'utf8');
    if (text.length > SECRET_BYTES) throw new Error(`is larger than ${SECRET_BYTES / 1024}KiB`);
    return text;
  },
};

export interface SubstitutionProblem {
  readonly code: ErrorCode;
  readonly message: string;
  /** The `${…}` as it stands in the text. */
  readonly reference: string;
  /** Which of the text's references it is, from 0: finds it again in the file. */
  readonly ordinal: number;
}

export interface Substituted {
  readonly text: string;
  /** The text is made of references alone. */
  readonly bare: boolean;
  /** What the references became; never to be shown. */
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly SubstitutionProblem[];
}

/** `$${` is a literal `${`. */
const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `${NAME}`, `${NAME:-default}`, `${file:/path}`, `${file:/path:-default}` within one scalar. */
export function substitute(text: string, surroundings: Surroundings): Substituted {
  const problems: SubstitutionProblem[] = [];
  const values = new Map<string, string>();
  let ordinal = -1;
  const result = text.replace(REFERENCE, (reference: string, inside?: string) => {
    if (inside === undefined) return '${';
    ordinal++;
    const value = reference.endsWith('}')
      ? resolve(inside, surroundings)
      : problem('SLUICE_CONFIG_SYNTAX', "'${' without its '}'; write '$${' for a literal one");
    if (typeof value === 'string') {
      values.set(reference, value);
      return value;
    }
    problems.push({ ...value, reference, ordinal });
    return '';
  });
  return { text: result, bare: text.replace(REFERENCE, '') === '', values, problems };
}

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

function problem(code: ErrorCode, message: string): Problem {
  return { code, message };
}

function resolve(inside: string, surroundings: Surroundings): string | Problem {
  const cut = inside.indexOf(':-');
  const name = cut < 0 ? inside : inside.slice(0, cut);
  const fallback = cut < 0 ? undefined : inside.slice(cut + 2);
  if (name.startsWith('file:')) return secret(name.slice('file:'.length), fallback, surroundings);
  if (!VARIABLE.test(name)) {
    return problem(
      'SLUICE_CONFIG_SYNTAX',
      `'\${${inside}}' is not a reference; write \${NAME}, \${NAME:-default} or \${file:/path}`,
    );
  }
  const value = surroundings.env[name];
  // As in a shell, `:-` also stands in for a variable that is set but empty.
  if (fallback !== undefined && (value === undefined || value === '')) return fallback;
  if (value !== undefined) return value;
  return problem(
    'SLUICE_CONFIG_ENV',
    `the environment variable ${name} is not set; set it, or give a default: \${${name}:-default}`,
  );
}

function secret(
  path: string,
  fallback: string | undefined,
  surroundings: Surroundings,
): string | Problem {
  try {
    // Editors and `echo` end a file with a line break that is not part of the secret.
    return surroundings.readSecret(path).replace(/\r?\n$/, '');
  } catch (error) {
    if (fallback !== undefined && errnoOf(error) === 'ENOENT') return fallback;
    return problem('SLUICE_CONFIG_SECRET', `cannot read the secret file '${path}': ${why(error)}`);
  }
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a folder'],
]);

function why(error: unknown): string {
  return (
    REASONS.get(errnoOf(error) ?? '') ?? (error instanceof Error ? error.message : String(error))
  );
}
