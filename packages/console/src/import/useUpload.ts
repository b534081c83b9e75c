import type { ImportDraft } from '@evenkeel/contract'
import { useEffect, useRef, useState } from 'react'
import { upload } from './api.ts'
import { useStep } from './queries.ts'

/** A file on its way to the server. */
export interface Sending {
  readonly file: File | undefined
  readonly sentBytes: number
  readonly error: Error | null
  start(file: File): void
  cancel(): void
}

/** What to do with a file once it is stored. */
type Use = (stored: { readonly digest: string; readonly file: File }, signal: AbortSignal) => Promise<ImportDraft>

/** Sends files to the server, one at a time, and then does a step of an import with each. Whoever leaves cancels. */
export function useUpload(draft: string, use: Use, after: () => void = () => undefined): Sending {
  const [file, setFile] = useState<File>()
  const [sentBytes, setSentBytes] = useState(0)
  const aborting = useRef<AbortController>(undefined)
  useEffect(() => () => aborting.current?.abort(), [])
  const step = useStep(draft, async ({ chosen, signal }: { chosen: File; signal: AbortSignal }) => {
    const { digest } = await upload(chosen, setSentBytes, signal)
    setSentBytes(chosen.size)
    return use({ digest, file: chosen }, signal)
  })

  return {
    file,
    sentBytes,
    // That somebody cancelled is no news to them.
    error: step.error?.name === 'AbortError' ? null : step.error,
    start(chosen) {
      aborting.current?.abort()
      const mine = new AbortController()
      aborting.current = mine
      setFile(chosen)
      setSentBytes(0)
      const ended = () => aborting.current === mine && setFile(undefined)
      step.mutate({ chosen, signal: mine.signal }, { onSuccess: after, onSettled: ended })
    },
    cancel: () => {
      aborting.current?.abort()
      setFile(undefined)
    },
  }
}
