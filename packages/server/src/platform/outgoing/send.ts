import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { publicLookup, whyNotSend } from './address.ts'

/** What came of sending: `refused` will never be taken, `failed` may be later. */
export type Sent =
  | { readonly outcome: 'sent'; readonly answer?: Answer }
  | { readonly outcome: 'refused' | 'failed'; readonly says: string; readonly answer?: Answer }

/** What came back, its text cut. */
interface Answer {
  readonly status: number
  readonly text: string
}

const timeoutMs = 10_000
/** Of what a target answers, so much is read to name the reason. */
const answerBytes = 500

/** Answers that say "not now" or "not you" and not "never this". */
const worthAnotherTry = new Set([401, 403, 404, 405, 407, 408, 425, 429])

interface HttpTarget {
  readonly url: string
  /** Beside the type and length of the body. */
  readonly headers: Readonly<Record<string, string>>
  readonly privateTargets: boolean
}

/** Posts JSON. Redirects are not followed: they would lead where nobody has allowed it. Never throws. */
export function sendHttp({ url, headers, privateTargets }: HttpTarget, body: string): Promise<Sent> {
  const why = whyNotSend(url, { privateTargets })
  if (why !== undefined) return Promise.resolve({ outcome: 'failed', says: why })
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ outcome: 'failed', says: error.message || String(error) })
    const send = url.startsWith('https:') ? secure : plain
    const request = send(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(!privateTargets && { lookup: publicLookup }),
    })
    request.on('error', fail)
    request.on('response', (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        if (answer.length < answerBytes) answer += text
      })
      response.on('error', fail)
      response.on('end', () => resolve(judge(response.statusCode ?? 0, answer.slice(0, answerBytes))))
    })
    request.end(body)
  })
}

function judge(status: number, text: string): Sent {
  const answer = { status, text: text.replaceAll('\0', '') }
  if (status >= 200 && status < 300) return { outcome: 'sent', answer }
  const says = `The target answered ${status}${text ? `: ${answer.text.replaceAll(/\s+/g, ' ')}` : ''}`
  const isFinal = status >= 400 && status < 500 && !worthAnotherTry.has(status)
  return { outcome: isFinal ? 'refused' : 'failed', says, answer }
}
