/**
 * Every error that sluice reports, in one table: what it means, what the operator can do, and whether the same
 * attempt may succeed later. docs/reference/errors.md is generated from it.
 */
export interface ErrorRow {
  readonly summary: string;
  readonly action: string;
  readonly retry: boolean;
}

export const ERRORS = {
  SLUICE_CONFIG_FILE: {
    summary: 'The configuration file cannot be read.',
    action: 'Check the path and its permissions.',
    retry: false,
  },
  SLUICE_CONFIG_SYNTAX: {
    summary: 'The configuration is not valid YAML.',
    action: 'Mend the line that the message points at.',
    retry: false,
  },
  SLUICE_CONFIG_INVALID: {
    summary: 'The configuration breaks the schema.',
    action: 'Each message names file, line, column and the allowed values.',
    retry: false,
  },
  SLUICE_CONFIG_ENV: {
    summary: 'A ${VARIABLE} of the configuration is not set.',
    action: 'Set it, or give a default: ${NAME:-default}.',
    retry: false,
  },
  SLUICE_CONFIG_SECRET: {
    summary: 'A secret file cannot be read.',
    action: 'Check the path and its permissions.',
    retry: false,
  },
  SLUICE_EVENT_TOO_LARGE: {
    summary: 'An event does not fit the memory that one event may take.',
    action: 'Lower max_event of the source, or remove large fields before the outputs.',
    retry: false,
  },
  SLUICE_STEP_FAILED: {
    summary: 'A step failed on an event in a way that it should not.',
    action: 'The event is in the dead letters; report it with the message.',
    retry: false,
  },
  SLUICE_PARSE_ACCESS: {
    summary: 'A line is not in the common or combined access format.',
    action:
      'Check log_format of the web server; the error names the byte where the line leaves it.',
    retry: false,
  },
  SLUICE_WORKER_CRASHED: {
    summary: 'A batch ended its worker thread twice.',
    action: 'Its records are in the dead letters; report the fault with one of them.',
    retry: false,
  },
  SLUICE_WORKER_START: {
    summary: 'A worker thread cannot start.',
    action: 'The message says what it stumbled over; check memory and configuration.',
    retry: false,
  },
  SLUICE_DATA_DIR: {
    summary: 'The data folder cannot be used.',
    action: 'Check `node.data_dir`, its permissions and the disk.',
    retry: true,
  },
  SLUICE_DATA_DIR_LOCKED: {
    summary: 'Another sluice uses this data folder.',
    action: 'Stop it, or give this one a `node.data_dir` of its own.',
    retry: false,
  },
  SLUICE_DEAD_LETTERS_FULL: {
    summary: 'The dead letters have reached their limit.',
    action: 'Move files out of data_dir/dead-letters; the outputs wait until there is room.',
    retry: true,
  },
  SLUICE_MEMORY_BUDGET: {
    summary: 'The memory budget is too small for this configuration.',
    action: 'Raise `node.memory_budget` or lower `node.workers`.',
    retry: false,
  },
  SLUICE_SINK_UNREACHABLE: {
    summary: 'A store cannot be reached, or the connection broke.',
    action:
      'Check address, port, DNS and firewall, and that the store runs. Sending goes on by itself.',
    retry: true,
  },
  SLUICE_SINK_TIMEOUT: {
    summary: 'A store did not answer in time; whether it took the request is not known.',
    action:
      "See whether the store is overloaded, or raise the sink's timeout. The request is sent again; nothing is doubled.",
    retry: true,
  },
  SLUICE_SINK_BUSY: {
    summary: 'A store asked for a pause: it is overloaded, starting, full, or changing its leader.',
    action: 'Give the store more room or send less. Sending goes on after a pause.',
    retry: true,
  },
  SLUICE_SINK_FAULT: {
    summary: 'A store failed with an error of its own.',
    action: "Look into the store's log. Sending goes on after a pause.",
    retry: true,
  },
  SLUICE_SINK_ACCESS: {
    summary: 'A store refused the credentials, or they lack a permission.',
    action:
      "Correct the sink's user, password or token, or grant the permission. Events wait until then.",
    retry: true,
  },
  SLUICE_SINK_TARGET: {
    summary:
      'The index, table, column, database or bucket that an output writes to is missing or of another shape.',
    action: 'Create it as the message says, or correct the output. Events wait until then.',
    retry: true,
  },
  SLUICE_SINK_PRODUCT: {
    summary:
      'What answers at the address of a store is another product, or a version that cannot be used.',
    action: "Correct the sink's address.",
    retry: true,
  },
  SLUICE_SINK_SETTINGS: {
    summary: "A sink's settings cannot be used, such as a certificate that cannot be read.",
    action: 'Correct what the message names.',
    retry: true,
  },
  SLUICE_SINK_STOPPED: {
    summary: 'A request was given up because sluice is stopping.',
    action:
      'Nothing: what was not settled comes again after the next start, if its source can repeat it.',
    retry: true,
  },
  SLUICE_ROW_REFUSED: {
    summary: 'A store refused an event for good; the others of the request arrived.',
    action:
      "The store's reason stands with the dead letter: correct the mapping, the column or the event, then replay.",
    retry: false,
  },
  SLUICE_ROW_TOO_LARGE: {
    summary: 'A single event is larger than the store takes.',
    action: "Raise the store's limit or shorten the event.",
    retry: false,
  },
  SLUICE_FILE_FULL: {
    summary: 'No space is left for output files.',
    action: 'Free space or move the folder. Writing goes on by itself.',
    retry: true,
  },
  SLUICE_FILE_WRITE: {
    summary: 'An output file cannot be written.',
    action: 'Check the folder and its permissions. Writing goes on by itself.',
    retry: true,
  },
  SLUICE_LISTEN_IN_USE: {
    summary: 'The address is taken by another program.',
    action: 'Stop that program (`ss -lntup` names it) or choose another port.',
    retry: false,
  },
  SLUICE_LISTEN_DENIED: {
    summary: 'The system does not allow listening there.',
    action: 'Choose a port of 1024 or more, or give the process CAP_NET_BIND_SERVICE.',
    retry: false,
  },
  SLUICE_LISTEN_ADDRESS: {
    summary: 'The address to listen on is not one of this machine.',
    action: 'Use an address that `ip address` shows, 0.0.0.0, or [::].',
    retry: false,
  },
  SLUICE_CONNECTION_LIMIT: {
    summary: 'A connection was refused: the listener holds its maximum.',
    action: 'Raise max_connections, or find out who opens so many.',
    retry: true,
  },
  SLUICE_CONNECTION_FAILED: {
    summary: 'A connection broke; what had arrived of its last record is flagged partial.',
    action: 'Look at the network and at the sender.',
    retry: true,
  },
  SLUICE_EVENT_TOO_LONG: {
    summary: 'A record was longer than max_event and is truncated.',
    action: 'Raise max_event, or mend the sender.',
    retry: false,
  },
  SLUICE_PARTIAL_LIMIT: {
    summary: 'Unfinished records held more than max_partial; the longest is truncated.',
    action: 'Raise max_partial, or find out who sends bytes without ending a record.',
    retry: false,
  },
  SLUICE_FRAME_INVALID: {
    summary:
      'An octet count is malformed; the rest of the connection cannot be read and it is closed.',
    action: 'Let the sender use RFC 6587 framing, or set framing: lf.',
    retry: false,
  },
  SLUICE_FRAME_INCOMPLETE: {
    summary: 'The sender ended within a record; what had arrived is flagged partial.',
    action: 'Look at the sender: it closes before it has sent all that it announced.',
    retry: false,
  },
  SLUICE_FILE_NOT_FOUND: {
    summary: 'No file matches the paths.',
    action: 'Check paths and exclude; relative paths start at the working directory.',
    retry: false,
  },
  SLUICE_FILE_READ: {
    summary: 'A file cannot be read.',
    action: 'Check its permissions and the disk; the file is tried again.',
    retry: true,
  },
  SLUICE_FILE_CORRUPT: {
    summary: 'A gzip file is damaged or cut off; what could be read is delivered.',
    action: 'Compress it again, or read the original.',
    retry: false,
  },
  SLUICE_FILE_LIMIT: {
    summary: 'More files match than may be followed at once.',
    action: 'Raise max_files, or narrow paths.',
    retry: true,
  },
  SLUICE_FILE_POSITIONS: {
    summary: 'The saved file positions cannot be read or written.',
    action: 'Check the data folder; unreadable positions were set aside as positions.json.bad.',
    retry: true,
  },
  SLUICE_HTTP_PROTOCOL: {
    summary: 'A request is not valid HTTP, too slow, or its header is too large.',
    action: 'Mend the sender; the answer names the cause.',
    retry: false,
  },
  SLUICE_HTTP_PATH: {
    summary: 'Nothing takes records at this path.',
    action: 'POST to one of the paths of the source: / or /ingest by default.',
    retry: false,
  },
  SLUICE_HTTP_METHOD: { summary: 'Only POST brings records.', action: 'Use POST.', retry: false },
  SLUICE_HTTP_ENCODING: {
    summary: 'The Content-Encoding is not supported.',
    action: 'Send gzip, deflate or no compression.',
    retry: false,
  },
  SLUICE_HTTP_TOO_LARGE: {
    summary: 'A request body is larger than allowed, as sent or inflated.',
    action: 'Send smaller requests, or raise max_request or max_inflated.',
    retry: false,
  },
  SLUICE_HTTP_RATIO: {
    summary: 'A compressed body inflates beyond max_ratio.',
    action: 'Compress at a lower level, or raise max_ratio for trusted senders.',
    retry: false,
  },
  SLUICE_HTTP_BODY: {
    summary: 'A request body is damaged or incomplete.',
    action: 'Send it again.',
    retry: true,
  },
  SLUICE_HTTP_INVALID_LINES: {
    summary: 'Lines of the request are not JSON; nothing of it was taken.',
    action: 'Mend the lines that the answer names, or set validate: false.',
    retry: false,
  },
  SLUICE_HTTP_BUSY: {
    summary: 'There is no room for the request now.',
    action: 'Send it again after the time in Retry-After.',
    retry: true,
  },
  SLUICE_HTTP_ACK_TIMEOUT: {
    summary: 'The request was taken but has not reached its acknowledgement level in time.',
    action: 'Send it again; look at the sinks, one of them is slow.',
    retry: true,
  },
  SLUICE_PARSE_SYSLOG_PRI: {
    summary: 'A record starts with `<`, but what follows is no syslog priority.',
    action: 'Look at the sender; the whole record is kept as message.',
    retry: false,
  },
  SLUICE_PARSE_SYSLOG_5424: {
    summary: 'A record says that it is RFC 5424, but part of its header is malformed.',
    action: 'The message names the part; look at the sender. The whole record is kept as message.',
    retry: false,
  },
  SLUICE_PARSE_SYSLOG_TIME: {
    summary: 'The time stamp of a syslog record names a day or an hour that does not exist.',
    action: "Look at the sender's clock and format; the whole record is kept as message.",
    retry: false,
  },
  SLUICE_PARSE_SYSLOG_HEADER: {
    summary: 'A record has neither a syslog priority nor a time stamp.',
    action: 'If the source carries something else, use the parser for that.',
    retry: false,
  },
  SLUICE_PARSE_SYSLOG_EMPTY: {
    summary: 'A syslog record has a priority and nothing else.',
    action: 'Look at the sender.',
    retry: false,
  },
  SLUICE_PARSE_JSON: {
    summary: 'A record is not valid JSON.',
    action: 'The message says what is wrong and where; look at the sender.',
    retry: false,
  },
  SLUICE_PARSE_JSON_OBJECT: {
    summary: 'A record is no JSON object.',
    action:
      'Events are objects: let the sender wrap arrays and plain values, or use another parser.',
    retry: false,
  },
  SLUICE_PARSE_JSON_LIMIT: {
    summary: 'A JSON event is nested too deep or has too many members.',
    action: 'At most 64 levels and 4,096 members that the pipeline opens; split the event.',
    retry: false,
  },
  SLUICE_INTERNAL: {
    summary: 'A fault of sluice itself.',
    action: 'Report it with the log around it.',
    retry: false,
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error of the table, with what happened this time. */
export class SluiceError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'SluiceError';
    this.code = code;
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}
