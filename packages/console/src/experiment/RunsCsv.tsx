import { useEffect, useRef, useState } from 'react'
import { Button, formatCount } from '../ui/index.ts'
import { downloadCsv } from '../ui/csv.ts'
import { trackedRunsApi } from './api.ts'
import type { Column } from './columns.ts'
import type { RunsWish } from './queries.ts'
import { headOfRuns, linesOfRuns } from './run-csv.ts'

/** As many as the server gives at once. */
const PER_PAGE = 1000

interface RunsCsvProps {
  /** Of the file. */
  readonly name: string
  readonly wish: RunsWish
  readonly columns: readonly Column[]
}

/** Downloads every run that the filter finds, in the order of the table and with its columns. */
export function RunsCsv({ name, wish, columns }: RunsCsvProps) {
  const [read, setRead] = useState<number>()
  const [failed, setFailed] = useState(false)
  const reading = useRef<AbortController>(undefined)
  useEffect(() => () => reading.current?.abort(), [])
  const begin = async () => {
    const { signal } = (reading.current = new AbortController())
    setFailed(false)
    setRead(0)
    try {
      downloadCsv(name, await partsOf(wish, columns, signal, setRead))
    } catch {
      setFailed(!signal.aborted)
    }
    setRead(undefined)
  }
  if (read !== undefined) {
    return <Button onClick={() => reading.current?.abort()}>{`Stop, ${formatCount(read)} runs read`}</Button>
  }
  return <Button onClick={() => void begin()}>{failed ? 'CSV failed; try again' : 'CSV'}</Button>
}

async function partsOf(
  wish: RunsWish,
  columns: readonly Column[],
  signal: AbortSignal,
  onRead: (runs: number) => void,
): Promise<string[]> {
  const parts = [headOfRuns(columns)]
  let runs = 0
  let cursor: string | null = null
  do {
    const body = { ...wish, limit: PER_PAGE, ...(cursor !== null && { cursor }) }
    const page: Awaited<ReturnType<typeof trackedRunsApi.search>> = await trackedRunsApi.search({ body }, { signal })
    parts.push(linesOfRuns(page.items, columns))
    onRead((runs += page.items.length))
    cursor = page.nextCursor
  } while (cursor !== null)
  return parts
}
