import type { Options } from '../config/schema.ts';
import { SluiceError } from '../errors/codes.ts';
import { FileSource } from './file/source.ts';
import type { FileOptions } from './file/spec.ts';
import { HttpSource } from './http/source.ts';
import type { HttpOptions } from './http/spec.ts';
import type { Source, SourceContext } from './source.ts';
import { StdinSource } from './stdin/source.ts';
import type { StdinOptions } from './stdin/spec.ts';
import { SyslogSource } from './syslog/source.ts';
import type { SyslogOptions } from './syslog/spec.ts';

/** @param options checked by the type's spec: this is where they get their type back. @throws SluiceError */
export function createSource(type: string, options: Options, context: SourceContext): Source {
  switch (type) {
    case 'syslog':
      return new SyslogSource(options as SyslogOptions, context);
    case 'http':
      return new HttpSource(options as HttpOptions, context);
    case 'file':
      return new FileSource(options as FileOptions, context);
    case 'stdin':
      return new StdinSource(options as StdinOptions, context);
    default:
      throw new SluiceError('SLUICE_INTERNAL', `no source of type ${type}`);
  }
}
