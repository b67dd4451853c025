/** Where things stand in the table of syslog-fields.ts; both cores read these constants. */
export const SYSLOG_COLUMN_WORDS = 14;
export const SEVERITY_NAMES_WORD = SYSLOG_COLUMN_WORDS;
export const FACILITY_NAMES_WORD = SEVERITY_NAMES_WORD + 2 * 8;

/** More parameters and elements in one record's structured data than this are not read. */
export const MAX_SD_PARAMS = 512;
