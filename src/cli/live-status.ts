/** A part of a terminal. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

const CLEAR_BELOW = '\u001b[0J';
const up = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '');

/**
 * Lines at the foot of a terminal that are drawn again and again; what is written through it scrolls past above them.
 * Not for pipes: it moves the cursor.
 */
export class LiveStatus {
  readonly #screen: Screen;
  readonly #render: () => readonly string[];
  /** Lines on the screen now. */
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param render one line each, without colours: they are cut to the terminal's width */
  constructor(screen: Screen, render: () => readonly string[]) {
    this.#screen = screen;
    this.#render = render;
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => this.#draw(''), everyMs);
    this.#timer.unref();
    this.#draw('');
  }

  /** Takes whole lines, as a logger writes them. */
  write(text: string): void {
    if (this.#timer === undefined) this.#screen.write(text);
    else this.#draw(text);
  }

  /** Removes the lines; what is written later goes straight through. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#screen.write(up(this.#drawn) + CLEAR_BELOW);
    this.#drawn = 0;
  }

  #draw(above: string): void {
    const { columns = 80, rows = 24 } = this.#screen;
    const lines = this.#render().slice(0, rows - 1);
    const cut = lines.map((line) => `${line.slice(0, columns - 1)}\n`).join('');
    this.#screen.write(up(this.#drawn) + CLEAR_BELOW + above + cut);
    this.#drawn = lines.length;
  }
}
