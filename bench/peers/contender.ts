/** What the bench needs to know of a daemon that takes syslog and feeds the sink. */
export interface Contender {
  name: 'sluice' | 'rsyslog';
  /** As the daemon itself prints it. */
  version: string;
  /** Whether its documents carry ids, which must then differ. */
  writesIds: boolean;
  /** The index of events of a UTC day (yyyy-MM-dd). */
  indexOf(day: string): string;
  start(place: Place): Promise<Daemon>;
}

export interface Place {
  /** An empty folder of this run. */
  folder: string;
  sinkPort: number;
}

export interface Daemon {
  pid: number;
  /** Syslog over TCP. */
  port: number;
  alive(): boolean;
  /** The end of what it wrote to stderr. */
  complaints(): string;
  stop(): Promise<void>;
}
