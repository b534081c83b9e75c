export interface Queue {
  run<T>(work: () => Promise<T>): Promise<T>
}

/** Lets so many works run at the same time; the others wait for their turn. */
export function createQueue(atOnce: number): Queue {
  const waiting: (() => void)[] = []
  let free = atOnce

  return {
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>((resume) => void waiting.push(resume))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else free++
      }
    },
  }
}
