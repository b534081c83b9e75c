import { StepSource } from '@evenkeel/contract'
import { PipelineMistake } from './mistake.ts'

const shape = 'Write git+https://<host>/<repository>//<folder>@<commit>'

/** What `git+https://host/repo//path@<commit>` names. @throws PipelineMistake */
export function gitUse(uses: string): StepSource {
  const [, repository, path = '', commit] =
    /^git\+(https:\/\/(?:(?!\/\/)[^\s@?#])+?)\/?(?:\/\/([^\s@?#]*?)\/*)?@([^\s@]+)$/.exec(uses) ?? []
  if (repository === undefined || commit === undefined) {
    throw new PipelineMistake(`${shape}; a secret is named apart from it, under "credentials_secret".`, ['uses'])
  }
  if (!/^[0-9a-f]{40}$/.test(commit)) {
    throw new PipelineMistake(
      `"${commit}" is no whole commit, and branches and tags move. Find it with: git ls-remote ${repository} ${commit}`,
      ['uses'],
    )
  }
  const parsed = StepSource.safeParse({ repository, path, commit })
  if (parsed.success) return parsed.data
  throw new PipelineMistake(
    `${shape}: the ${parsed.error.issues[0]!.path.join('.')} ${parsed.error.issues[0]!.message}.`,
    ['uses'],
  )
}
