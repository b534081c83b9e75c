import { createServer } from 'node:http'

// The ceiling: what `node:http` does with the same body when nothing is predicted and nothing is recorded.
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: string }
    const body = JSON.stringify({ id, probability: 0.5 })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(address !== null && typeof address === 'object' ? address.port : 0)
})
process.once('disconnect', () => {
  server.closeAllConnections()
  server.close()
})
