import type { ModelVersion } from '@evenkeel/contract'
import { backcast } from '../backcast.ts'
import { NAMES } from '../setup.ts'
import type { StoryDeps } from './deps.ts'

const { model, monitor } = NAMES

/** Reads everything back and checks what the story promises. */
export async function sumUp({ cast: { ana, ben }, facts, say }: StoryDeps): Promise<void> {
  const { items: versions } = await ana.registry.listVersions({ params: { model }, query: {} })
  await facts.play(8, 'Monitor', async (act) => {
    const { items } = await ana.monitoring.listWindows({ params: { monitor }, query: { limit: 100 } })
    const incidents = (await ana.monitoring.listIncidents({ query: { monitor } })).items
    const full = items.filter(({ closed, rowCount }) => closed && rowCount > 3000)
    act.figures['windows'] = items.length
    act.figures['incidents'] = incidents.length
    act.figures['auc'] = items
      .toReversed()
      .map(({ performance }) => performance.auc?.toFixed(3) ?? '–')
      .join(' ')
    act.links.push(`/monitors/${monitor}`)
    act.must(full.length >= 20, `only ${full.length} weeks were measured`)
    act.must(
      full.every(({ columns, performance }) => columns.length === 7 && performance.auc !== null),
      'a week lacks drift or performance',
    )
    act.must(
      incidents.some(({ kind }) => kind === 'decay'),
      'decay was never noticed',
    )
    const aucByMonth = Object.values(await backcast({ api: ana, say }, act)).map((auc) => auc.toFixed(3))
    return `${items.length} weeks measured with real labels, ${incidents.length} incidents; version 1 by month: AUC ${aucByMonth.join(', ')}`
  })
  await facts.play(9, 'Retrain', async (act) => {
    const refused = versions.filter(({ gate, canary }) => gate?.passed === false && canary === null)
    const promoted = versions.filter(({ canary, evaluation }) => canary?.verdict === 'promoted' && evaluation?.champion)
    act.must(refused.length >= 1, 'no candidate was refused')
    act.must(promoted.length >= 1, 'no candidate was promoted')
    act.must(
      promoted.some(({ lineage }) => lineage.trigger?.kind === 'decay'),
      'decay led to no promotion',
    )
    act.must(
      refused.some(({ lineage }) => lineage.trigger?.kind === 'schedule'),
      'the schedule led to no refusal',
    )
    const audit = await ben.governance.verifyAudit({})
    act.must(audit.intact, `the audit chain is broken: ${audit.says}`)
    const names = (items: ModelVersion[]) =>
      items
        .map(({ version }) => version)
        .toReversed()
        .join(', ')
    return `refused ${names(refused)}; promoted after canary ${names(promoted)}; audit chain of ${audit.entryCount} entries intact`
  })
}
