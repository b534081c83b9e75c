import { countRun, type Resident } from '../models/resident.ts'
import { Refusal, unavailable } from '../protocol/refusal.ts'
import { joinRows, mapTensors, sliceRows, type Tensors } from '../protocol/tensor.ts'

/** What is asked of a model: tensors that fit it, with `rowCount` rows. */
export interface Job {
  readonly inputs: Tensors
  readonly rowCount: number
  readonly outputs: readonly string[]
  /** On the clock of `performance.now()`. */
  readonly deadlineAt: number
}

interface Queued extends Job {
  readonly queuedAt: number
  readonly resolve: (outputs: Tensors) => void
  readonly reject: (error: unknown) => void
}

const maxQueuedRows = 65_536

/**
 * The way to a model. What arrives in one turn of the event loop shares a run, where the model allows it: this costs
 * no time, because the turn would have to end anyway.
 */
export class Lane {
  readonly resident: Resident
  #queue: Queued[] = []
  #queuedRows = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(resident: Resident) {
    this.resident = resident
  }

  /**
   * @throws Refusal 503 when too much waits, 504 past the deadline
   * @throws Error when the model fails on these inputs
   */
  async score(job: Job): Promise<Tensors> {
    if (this.#queuedRows + job.rowCount > maxQueuedRows) {
      throw unavailable('Too many rows wait for this model; send fewer at once, or later.')
    }
    const release = this.resident.lease()
    this.#queuedRows += job.rowCount
    try {
      return await new Promise((resolve, reject) => {
        if (this.#queue.push({ ...job, queuedAt: performance.now(), resolve, reject }) === 1) {
          setImmediate(() => this.#flush())
        }
      })
    } finally {
      this.#queuedRows -= job.rowCount
      release()
    }
  }

  #flush(): void {
    const jobs = this.#queue
    this.#queue = []
    for (const batch of this.#batches(jobs)) {
      // In this thread one run follows the other, and between two of them other work gets its turn.
      if (this.resident.scorer.kind === 'inline') this.#tail = this.#tail.then(() => this.#run(batch))
      else void this.#run(batch)
    }
  }

  /** Jobs that may share a run, in batches that are not larger than the model likes. */
  #batches(jobs: readonly Queued[]): Queued[][] {
    if (jobs.length === 1 || !this.resident.batches) return jobs.map((job) => [job])
    const open = new Map<string, { rowCount: number; readonly batch: Queued[] }>()
    const batches: Queued[][] = []
    for (const job of jobs) {
      const key = this.#likeness(job)
      let group = open.get(key)
      if (!group || group.rowCount + job.rowCount > this.resident.maxBatchRows) {
        group = { rowCount: 0, batch: [] }
        open.set(key, group)
        batches.push(group.batch)
      }
      group.rowCount += job.rowCount
      group.batch.push(job)
    }
    return batches
  }

  /** Equal for jobs whose rows fit into the same tensors, and which may end together. */
  #likeness({ inputs, outputs, deadlineAt }: Queued): string {
    const deadline = this.resident.scorer.kind === 'pool' && Number.isFinite(deadlineAt) ? String(deadlineAt) : ''
    let shapes = ''
    for (const { name, shape } of this.resident.proof.signature.inputs) {
      if (shape.indexOf(-1, 1) > 0) shapes += `/${inputs[name]!.shape.slice(1).join()}`
    }
    return `${outputs.join()}/${deadline}${shapes}`
  }

  async #run(batch: readonly Queued[]): Promise<void> {
    const startedAt = performance.now()
    const jobs = batch.filter((job) => !expired(job, startedAt))
    if (jobs.length === 0) return
    const { statistics } = this.resident
    for (const { queuedAt } of jobs) statistics.queueUs += (startedAt - queuedAt) * 1000
    try {
      const results = await this.#score(jobs)
      statistics.requests += jobs.length
      jobs.forEach(({ resolve }, i) => resolve(results[i]!))
    } catch (error) {
      if (jobs.length === 1 || error instanceof Refusal) {
        statistics.failures += jobs.length
        for (const { reject } of jobs) reject(error)
      } else {
        // One bad row must not fail its neighbours.
        for (const job of jobs) await this.#run([job])
      }
    }
  }

  async #score(jobs: readonly Queued[]): Promise<Tensors[]> {
    if (jobs.length === 1) return [await this.#scoreOne(jobs[0]!)]
    const rowCount = jobs.reduce((count, job) => count + job.rowCount, 0)
    const first = jobs[0]!
    const inputs = mapTensors(first.inputs, (_, name) => joinRows(jobs.map((job) => job.inputs[name]!)))
    const outputs = await this.#runOnce({ ...first, inputs, rowCount })
    let from = 0
    return jobs.map((job) => {
      const until = from + job.rowCount
      const own = mapTensors(outputs, (tensor) => sliceRows(tensor, from, until))
      from = until
      return own
    })
  }

  /** Splits what is larger than a batch, and keeps its rows in order. */
  async #scoreOne(job: Job): Promise<Tensors> {
    const { maxBatchRows, proof } = this.resident
    if (!proof.signature.batchable || job.rowCount <= maxBatchRows) return this.#runOnce(job)
    const parts: Tensors[] = []
    for (let from = 0; from < job.rowCount; from += maxBatchRows) {
      const until = Math.min(from + maxBatchRows, job.rowCount)
      const inputs = mapTensors(job.inputs, (tensor) => sliceRows(tensor, from, until))
      parts.push(await this.#runOnce({ ...job, inputs, rowCount: until - from }))
    }
    return mapTensors(parts[0]!, (_, name) => joinRows(parts.map((part) => part[name]!)))
  }

  async #runOnce({ inputs, outputs, rowCount, deadlineAt }: Job): Promise<Tensors> {
    const startedAt = performance.now()
    const results = await this.resident.scorer.run(inputs, outputs, Math.min(deadlineAt, startedAt + hardDeadlineMs))
    countRun(this.resident.statistics, rowCount, (performance.now() - startedAt) * 1000)
    if (this.resident.proof.signature.batchable) checkRows(results, rowCount)
    return results
  }
}

/** No run of a pool may take longer. */
const hardDeadlineMs = 30_000

function expired({ deadlineAt, reject }: Queued, now: number): boolean {
  if (deadlineAt > now) return false
  reject(new Refusal(504, 'The deadline passed while the request waited; it was not run. Allow more time.'))
  return true
}

function checkRows(outputs: Tensors, rowCount: number): void {
  for (const name in outputs) {
    const got = outputs[name]!.shape[0]
    if (got !== rowCount) throw new Error(`The output "${name}" has ${got} rows for ${rowCount} rows of input.`)
  }
}
