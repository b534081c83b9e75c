import { labelText, type Target } from '@evenkeel/contract'
import { exitCodes } from '../errors.ts'
import { table } from '../table.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

/** The places where steps run, each asked whether it is there. Exit 8 when one does not answer. */
export async function targets(options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { items } = await pipelines.listTargets({})
  outputOf(options).result({ items }, () => linesOf(items))
  return items.every(({ answers }) => answers) ? exitCodes.ok : exitCodes.unreachable
}

function linesOf(items: readonly Target[]): string[] {
  const haveLabels = items.some(({ labels }) => Object.keys(labels).length > 0)
  return [
    ...table(
      ['target', 'kind', 'version', 'jobs', ...(haveLabels ? ['labels'] : [])],
      items.map(({ name, kind, version, jobCount, labels }) => [
        name,
        kind,
        version ?? 'does not answer',
        jobCount === null ? '–' : String(jobCount),
        ...(haveLabels ? [labelText(labels) || '–'] : []),
      ]),
    ),
    ...items.flatMap(({ name, reason }) => (reason === null ? [] : [`! ${name}: ${reason}`])),
  ]
}
