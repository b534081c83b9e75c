export interface RawEvent {
  readonly id: string | undefined
  readonly data: string
}

/**
 * Reads server-sent events from bytes, however they are cut into chunks.
 *
 * @param onBytes - called whenever anything arrives, comments included
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* parseEvents(bytes: ReadableStream<Uint8Array>, onBytes = () => {}): AsyncGenerator<RawEvent> {
  let rest = ''
  let event = emptyEvent()
  for await (const text of chunksOf(bytes)) {
    onBytes()
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (line === '' || line === '\r') {
        if (event.data.length > 0) yield { id: event.id, data: event.data.join('\n') }
        event = emptyEvent()
      } else read(line.replace(/\r$/, ''), event)
    }
  }
}

interface Unfinished {
  id: string | undefined
  readonly data: string[]
}

const emptyEvent = (): Unfinished => ({ id: undefined, data: [] })

function read(line: string, event: Unfinished): void {
  const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
  if (field === 'data') event.data.push(value)
  if (field === 'id') event.id = value
}

async function* chunksOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = bytes.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      yield decoder.decode(part.value, { stream: true })
    }
  } finally {
    // A reader that stops early must not leave the connection open.
    await reader.cancel().catch(() => {})
  }
}
