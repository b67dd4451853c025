import { FRAMING_AUTO, FRAMING_LF, FRAMING_OCTET } from './framing-words.ts';

export * from './framing-words.ts';

/** The modes as configurations name them. */
export const FRAMINGS = {
  auto: FRAMING_AUTO,
  lf: FRAMING_LF,
  octet: FRAMING_OCTET,
} as const;
