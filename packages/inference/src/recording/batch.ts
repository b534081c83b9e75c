/** So many characters go to the disk at once: a segment must not become larger than the control plane takes. */
const fullLength = 4 * 1024 ** 2

/** Lines that go to the disk together. */
export class Batch {
  /** Lines for which nobody waits. */
  unheardCount = 0
  /** In characters. */
  length = 0
  readonly #lines: string[] = []
  readonly #done = Promise.withResolvers<void>()

  constructor() {
    // A batch in which nobody waits may fail without anybody hearing of it.
    this.#done.promise.catch(() => undefined)
  }

  get isFull(): boolean {
    return this.length >= fullLength
  }

  /** Settles when the lines are on the disk, or are not. */
  get written(): Promise<void> {
    return this.#done.promise
  }

  add(lines: string): void {
    this.#lines.push(lines)
    this.length += lines.length
  }

  content(): Buffer {
    return Buffer.from(this.#lines.join(''))
  }

  succeed(): void {
    this.#done.resolve()
  }

  fail(error: Error): void {
    this.#done.reject(error)
  }
}

/** Cuts a long text at ends of lines into pieces of about the length that is written at once. */
export function splitLines(lines: string): string[] {
  const pieces: string[] = []
  let from = 0
  while (lines.length - from > fullLength) {
    const end = lines.indexOf('\n', from + fullLength) + 1
    pieces.push(lines.slice(from, end))
    from = end
  }
  if (from < lines.length) pieces.push(lines.slice(from))
  return pieces
}
