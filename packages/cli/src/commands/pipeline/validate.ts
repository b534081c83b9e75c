import { plural } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { fetchGitSteps } from '../../pipeline/git-steps.ts'
import { type Finding, lineOf, type LoadedPipeline, loadPipelines, pipelineFilesHere } from '../../pipeline/load.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'

/** Reads pipelines without a server, but for steps of other repositories; each finding is a line of `file:line:column message`. */
export async function validate(named: readonly string[], options: CommonOptions): Promise<number> {
  const files = named.length > 0 ? named : pipelineFilesHere()
  const git = await fetchGitSteps(() => connect(options), files)
  const loaded = files.flatMap((file) => loadPipelines(file, { hash: false, git }))
  const findings = loaded.flatMap((one) => one.findings)
  const data = { valid: findings.length === 0, pipelines: loaded.map(summaryOf), findings }
  outputOf(options).result(data, () => [...loaded.flatMap(linesOf), ...endOf(loaded, findings, files)])
  return findings.length > 0 ? exitCodes.usage : exitCodes.ok
}

const summaryOf = ({ file, pipeline, findings }: LoadedPipeline) => ({
  file,
  name: pipeline?.name ?? null,
  steps: pipeline?.spec.steps.length ?? null,
  valid: findings.length === 0,
})

const linesOf = ({ file, pipeline, findings }: LoadedPipeline): string[] =>
  pipeline
    ? [`${file}: ${pipeline.name} is valid, ${plural(pipeline.spec.steps.length, 'step')}`]
    : findings.map(lineOf)

function endOf(loaded: readonly LoadedPipeline[], findings: readonly Finding[], files: readonly string[]): string[] {
  if (loaded.length === 0) return [`${files.join(', ')}: there is nothing under "pipelines:"`]
  return findings.length > 0 ? [`${plural(findings.length, 'mistake')}; nothing was sent to a server`] : []
}
