import type { LooseRequest } from './request.ts'

/** Fields first: the server reads a form as it comes, and wants to know what it is before the file. */
export function formBody({ fields = {}, file, fileName = 'file' }: LooseRequest): { body: BodyInit; type?: string } {
  if (file instanceof ReadableStream) return streamedForm(fields, file, fileName)
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, String(value))
  const blob = file instanceof Blob ? file : new Blob(file ? [file as Uint8Array<ArrayBuffer>] : [])
  form.append('file', blob, fileName)
  // The content type, with its boundary, is set by `fetch`.
  return { body: form }
}

/** `FormData` takes no streams; a form of which the file is one is written here (RFC 7578). */
function streamedForm(
  fields: NonNullable<LooseRequest['fields']>,
  file: ReadableStream<Uint8Array>,
  fileName: string,
): { body: ReadableStream<Uint8Array>; type: string } {
  const boundary = `evenkeel-${crypto.randomUUID()}`
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${String(value)}\r\n`,
    )
  const safeName = fileName.replaceAll('"', '%22').replaceAll(/[\r\n]/g, ' ')
  const head =
    `${parts.join('')}--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${safeName}"\r\n` +
    'content-type: application/octet-stream\r\n\r\n'
  return {
    body: framed(new TextEncoder().encode(head), file, new TextEncoder().encode(`\r\n--${boundary}--\r\n`)),
    type: `multipart/form-data; boundary=${boundary}`,
  }
}

function framed(head: Uint8Array, file: ReadableStream<Uint8Array>, tail: Uint8Array): ReadableStream<Uint8Array> {
  return file.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(head),
      flush: (controller) => controller.enqueue(tail),
    }),
  )
}
