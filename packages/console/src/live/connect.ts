import type { LiveEvent } from '@evenkeel/contract'

export type LiveState = 'live' | 'polling' | 'paused'

interface Listener {
  onState(state: 'live' | 'polling'): void
  onNews(news: LiveEvent): void
}

/** What travels between the owner of the stream and the tabs. */
export interface LiveMessage {
  readonly state?: 'live' | 'polling'
  readonly news?: LiveEvent
}

const CHANNEL = 'evenkeel-live'

/** Joins the one event stream of this browser: by a SharedWorker, else by the tab that holds the lock. */
export function joinStream(listener: Listener): () => void {
  return typeof SharedWorker === 'undefined' ? joinByLock(listener) : joinByWorker(listener)
}

function deliver({ onState, onNews }: Listener, { state, news }: LiveMessage): void {
  if (state) onState(state)
  if (news) onNews(news)
}

function joinByWorker(listener: Listener): () => void {
  const worker = new SharedWorker(new URL('stream.worker.ts', import.meta.url), { type: 'module', name: CHANNEL })
  worker.port.onmessage = ({ data }: MessageEvent<LiveMessage>) => deliver(listener, data)
  worker.onerror = () => listener.onState('polling')
  const leave = () => worker.port.postMessage('bye')
  // The worker cannot see that a tab went away; one that the browser only put aside may come back.
  const onHide = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) leave()
  }
  window.addEventListener('pagehide', onHide)
  return () => {
    window.removeEventListener('pagehide', onHide)
    leave()
  }
}

/** One tab holds the stream and re-sends; when it closes, the lock passes to another. */
function joinByLock(listener: Listener): () => void {
  const channel = new BroadcastChannel(CHANNEL)
  const release = new AbortController()
  channel.onmessage = ({ data }: MessageEvent<LiveMessage>) => deliver(listener, data)
  void navigator.locks
    .request(CHANNEL, { signal: release.signal }, () => hold(channel, listener, release.signal))
    // Leaving before the lock was granted is no failure.
    .catch(() => {})
  return () => {
    release.abort()
    channel.close()
  }
}

function hold(channel: BroadcastChannel, listener: Listener, signal: AbortSignal): Promise<void> {
  const source = openStream((message) => {
    channel.postMessage(message)
    deliver(listener, message)
  })
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      source.close()
      resolve()
    })
  })
}

/** Opens the stream; the browser itself connects again after a break and says where it was. */
export function openStream(tell: (message: LiveMessage) => void): EventSource {
  const source = new EventSource('/api/v1/events')
  source.onopen = () => tell({ state: 'live' })
  source.onerror = () => tell({ state: 'polling' })
  source.onmessage = ({ data }: MessageEvent<string>) => tell({ news: JSON.parse(data) as LiveEvent })
  return source
}
