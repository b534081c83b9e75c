import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** Calls back at each notification of a channel, and after each reconnection, because some may have been missed. */
export function listen(url: string, channel: string, notify: () => void): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping

  async function connectOnce(): Promise<void> {
    const client = new pg.Client({ connectionString: url, application_name: 'evenkeel live', keepAlive: true })
    const ended = new Promise<void>((settle) => {
      // A connection that breaks tells so more than once; without a listener, the second time ends the process.
      client.once('end', settle).on('error', () => settle())
      signal.addEventListener('abort', () => settle(), { once: true })
    })
    client.on('notification', notify)
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
      notify()
      await ended
    } finally {
      await client.end().catch(() => {})
    }
  }

  async function keepConnected(): Promise<void> {
    while (!signal.aborted) {
      await connectOnce().catch(() => {})
      await delay(500, undefined, { signal }).catch(() => {})
    }
  }

  const running = keepConnected()
  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}
