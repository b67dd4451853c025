/** The routines of EventCore (../../core.ts), and where they leave their results. */
export { begin } from './begin';
export { encode } from './encode';
export { frames } from './frames';
export { ids } from './ids';
export { json } from './json';
export { move } from './move';
export { resultWords } from './result';
export { scratchEnd } from './scratch';
export { syslog5424 } from './syslog5424';
