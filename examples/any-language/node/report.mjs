// Turns what C measured into a table, a metric for each half, and a value that the console shows.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

const { env } = process
const lines = readFileSync(env.EVENKEEL_INPUT_MEASURES, 'utf8').trim().split('\n')
const halves = lines.map((line) => line.split(' ').map(Number))
const rows = halves.map(
  ([count, mean, deviation], at) => `| ${at === 0 ? 'low' : 'high'} | ${count} | ${mean} | ${deviation} |`,
)

const report = lines[0].startsWith('SKIPPED')
  ? `# ${env.EVENKEEL_PARAM_TITLE}\n\n${lines[0]}\n`
  : `# ${env.EVENKEEL_PARAM_TITLE}\n\n| half | count | mean | deviation |\n|---|---|---|---|\n${rows.join('\n')}\n`

writeFileSync(env.EVENKEEL_OUTPUT_REPORT, report)
writeFileSync(env.EVENKEEL_SUMMARY, report)
appendFileSync(env.EVENKEEL_OUTPUT, `halves=${halves.length}\n`)
for (const [at, [, mean]] of halves.entries()) {
  if (Number.isFinite(mean)) {
    const metric = { name: 'mean', value: mean, labels: { half: at === 0 ? 'low' : 'high' } }
    appendFileSync(env.EVENKEEL_METRICS, `${JSON.stringify(metric)}\n`)
  }
}
process.stdout.write(`${report}\n`)
