import { type LiveMessage, openStream } from './connect.ts'

/**
 * Owns the one event stream of this browser. Over HTTP/1.1 a browser opens six connections per host across all tabs,
 * and an EventSource holds one, so all tabs share it.
 */
interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null
}

const REOPEN_MS = 5000
const ports = new Set<MessagePort>()
let source: EventSource | undefined
let state: LiveMessage['state'] = 'polling'

function tell(message: LiveMessage): void {
  if (message.state) state = message.state
  for (const port of ports) port.postMessage(message)
  // After an answer that is no stream the browser gives up; we do not.
  if (source?.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS)
}

function open(): void {
  source?.close()
  source = ports.size > 0 ? openStream(tell) : undefined
}

function leave(port: MessagePort): void {
  ports.delete(port)
  if (ports.size === 0) open()
}

;(globalThis as unknown as SharedWorkerScope).onconnect = ({ ports: [port] }) => {
  if (!port) return
  ports.add(port)
  port.onmessage = ({ data }) => {
    if (data === 'bye') leave(port)
  }
  if (!source) open()
  port.postMessage({ state })
}
