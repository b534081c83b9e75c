/**
 * Gradient-boosted trees against LightGBM: which flights of January are late, 508,239 rows of 7 features, 100 trees of
 * 63 leaves, 2 threads each. They train in turns, so that both meet the same neighbours; the fastest turn counts.
 *
 * `node bench/trees/bench.ts [--json]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { treesToOnnx } from '../../packages/numerics/src/onnx/index.ts'
import { predictTrees, type TreeDataset, type TreeModel, trainTrees } from '../../packages/numerics/src/trees/index.ts'
import { auc } from './auc.ts'
import { type Flights, openFlights } from './flights.ts'
import { type LightGbm, startLightGbm } from './lightgbm.ts'
import { timeScoring } from './scoring.ts'

const threadCount = 2
const turns = 3
const options = { loss: 'logistic', treeCount: 100, leafCount: 63, learningRate: 0.1, seed: 1, threadCount } as const

const asJson = process.argv.includes('--json')
const say = (line: string) => void (asJson ? process.stderr : process.stdout).write(`${line}\n`)

say('Preparing the flights (DuckDB) …')
using flights = await openFlights(1)
const january = await flights.month(1)
const peer = await startPeer(flights)
const { model, ourSeconds, peerSeconds } = await race(january, peer)
const ours = await aucByMonth(flights, model)
const theirs = await peer?.auc()
peer?.close()
const scoring = await timeScoring(treesToOnnx(model, { name: 'flights' }), january, [1, 32, 1000])
report()

/** Says loudly why there is nobody to compare with. */
async function startPeer(data: Flights): Promise<LightGbm | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'))
  try {
    const path = join(folder, 'flights.parquet')
    await data.writeParquet(path)
    return await startLightGbm(path, threadCount)
  } catch (error) {
    say(`!! LightGBM is left out: ${error instanceof Error ? error.message : String(error)}`)
    say('!! To compare: pip install lightgbm scikit-learn duckdb pandas')
    return undefined
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function race(dataset: TreeDataset, opponent: LightGbm | undefined) {
  const ourTimes: number[] = []
  const peerTimes: number[] = []
  let trained: TreeModel | undefined
  for (let turn = 1; turn <= turns; turn++) {
    const begin = performance.now()
    trained = await trainTrees(dataset, options)
    ourTimes.push((performance.now() - begin) / 1000)
    if (opponent) peerTimes.push(await opponent.train())
    say(`turn ${turn}: ours ${ourTimes.at(-1)!.toFixed(2)} s, LightGBM ${peerTimes.at(-1)?.toFixed(2) ?? '-'} s`)
  }
  return { model: trained!, ourSeconds: Math.min(...ourTimes), peerSeconds: Math.min(...peerTimes) }
}

async function aucByMonth(data: Flights, trained: TreeModel): Promise<Record<string, number>> {
  const byMonth: Record<string, number> = {}
  for (const month of [2, 3, 4, 5, 6]) {
    const { features, labels } = await data.month(month)
    byMonth[month] = auc(predictTrees(trained, features), labels)
  }
  return byMonth
}

function report(): void {
  const ratio = peer && ourSeconds / peerSeconds
  if (asJson) {
    const lightgbm = peer && { version: peer.version, seconds: peerSeconds, auc: theirs }
    process.stdout.write(`${JSON.stringify({ ours: { seconds: ourSeconds, auc: ours }, lightgbm, ratio, scoring })}\n`)
    return
  }
  say(`training   ours ${ourSeconds.toFixed(2)} s`)
  if (peer)
    say(
      `           LightGBM ${peer.version} ${peerSeconds.toFixed(2)} s; ours takes ${ratio!.toFixed(2)} times as long`,
    )
  for (const [month, reached] of Object.entries(ours)) {
    say(`AUC 2001-0${month}  ours ${reached.toFixed(4)}${theirs ? `  LightGBM ${theirs[month]!.toFixed(4)}` : ''}`)
  }
  for (const { batchSize, medianUs } of scoring) {
    say(`ONNX       ${batchSize} rows in ${medianUs.toFixed(1)} µs, ${(medianUs / batchSize).toFixed(2)} µs a row`)
  }
}
