import { expect, it } from 'vitest'
import { parseEvents, type RawEvent } from './server-sent-events.ts'

const streamOf = (chunks: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

async function parse(text: string, chunkBytes: number): Promise<RawEvent[]> {
  const bytes = new TextEncoder().encode(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  )
  const events: RawEvent[] = []
  for await (const event of parseEvents(streamOf(chunks))) events.push(event)
  return events
}

const text =
  ': a comment\n\nid: 1\ndata: one\n\ndata:two\r\ndata: lines ä€\r\nid: 2\r\n\r\nevent: ping\ndata\n\nretry: 5\n\ndata: cut off'

it.each([1, 2, 3, 7, 1000])('reads the same events from chunks of %i bytes', async (chunkBytes) => {
  expect(await parse(text, chunkBytes)).toEqual([
    { id: '1', data: 'one' },
    { id: '2', data: 'two\nlines ä€' },
    { id: undefined, data: '' },
  ])
})
