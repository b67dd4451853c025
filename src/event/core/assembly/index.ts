export { resultWords } from './result';
export * from './encode';
export * from './ids';
