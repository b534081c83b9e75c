import { canonicalJson, type CodeFile, sourceText, type StepSource, stepSourcesErrors } from '@evenkeel/contract'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { json } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { createTurns } from '../../../platform/turns.ts'
import type { PipelinesDeps } from '../needs.ts'
import { refuseStep } from '../refuse-step.ts'
import { ask, findProgram } from '../runtimes/tools.ts'
import { type Secrets, SecretUnavailable } from '../secrets/service.ts'
import { CannotFetch, pinnedHost } from './address.ts'
import { storeFolder } from './read-tree.ts'
import { stepSourcesStore } from './store.ts'

const fail = failures(stepSourcesErrors)
const [timeoutMs, fileLimitBytes] = [120_000, 200 * 1024 ** 2]
/** The first git that can be told where a host lies. */
const oldestGit = [2, 37] as const

interface Asked extends StepSource {
  readonly credentialsSecret?: string | undefined
}

export interface StepSources {
  /** @throws DomainError `pipelines.step_source_refused` */
  fetch(caller: Caller, asked: Asked): Promise<{ source: StepSource; files: CodeFile[] }>
}

interface SourcesDeps extends Pick<PipelinesDeps, 'db' | 'blobs' | 'git' | 'runtimes' | 'now'> {
  readonly secrets: Pick<Secrets, 'valuesFor'>
}

export function createStepSources(deps: SourcesDeps): StepSources {
  const { db, blobs, now } = deps
  const inTurn = createTurns()

  async function known(projectId: string, source: StepSource): Promise<CodeFile[] | undefined> {
    const files = await stepSourcesStore(db).filesOf(projectId, source)
    const stored = await Promise.all((files ?? []).map(({ digest }) => blobs.has(digest)))
    return stored.every(Boolean) ? files : undefined
  }

  async function fetchNew(caller: Caller, source: StepSource, secret: string | undefined): Promise<CodeFile[]> {
    const { projectId, userName } = caller
    const files = await fetchFolder(deps, projectId, source, secret)
    await db.transaction().execute(async (tx) => {
      const fetched = { files: json(files), fetched_by: userName, fetched_at: now() }
      await stepSourcesStore(tx).add({ project_id: projectId, ...source, ...fetched })
      const after = { fileCount: files.length }
      const action = 'pipelines.fetch_step_source'
      await audit(tx, { projectId, actor: userName, action, subject: sourceText(source), after })
    })
    return files
  }

  return {
    async fetch(caller, { credentialsSecret, ...source }) {
      refuseStep(caller)
      const key = canonicalJson([caller.projectId, source])
      const files = await inTurn(
        key,
        async () => (await known(caller.projectId, source)) ?? (await fetchNew(caller, source, credentialsSecret)),
      ).catch((error: unknown) => {
        if (!(error instanceof CannotFetch)) throw error
        const reason = `${sourceText(source)}: ${error.message}`
        throw fail('pipelines.step_source_refused', { reason }, { why: reason, cause: error })
      })
      return { source, files }
    },
  }
}

/** @throws CannotFetch */
async function fetchFolder(
  deps: SourcesDeps,
  projectId: string,
  source: StepSource,
  secret: string | undefined,
): Promise<CodeFile[]> {
  const { searchPath } = deps.runtimes
  const program = await gitHere(searchPath)
  const pin = await pinnedHost(source.repository, deps.git.privateTargets)
  const credentials = secret === undefined ? undefined : await credentialsOf(deps, projectId, secret)
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-git-'))
  const { caFile } = deps.git
  try {
    const setting = { program, folder, searchPath, credentials, pin, caFile, timeoutMs, fileLimitBytes }
    return await storeFolder(setting, source, deps.blobs)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function gitHere(searchPath: string): Promise<string> {
  const program = await findProgram('git', searchPath)
  const [, major, minor] = /(\d+)\.(\d+)/.exec((program && (await ask(program, ['--version'], searchPath))) ?? '') ?? []
  if (program === undefined || major === undefined) {
    throw new CannotFetch('The server has no git; install it there, and try again.')
  }
  const isOld = Number(major) < oldestGit[0] || (Number(major) === oldestGit[0] && Number(minor) < oldestGit[1])
  if (isOld) throw new CannotFetch(`The git of the server is ${major}.${minor}, and ${oldestGit.join('.')} is needed.`)
  return program
}

async function credentialsOf({ secrets }: SourcesDeps, projectId: string, name: string): Promise<string> {
  const { value = '' } = await secrets.valuesFor(projectId, { value: name }).catch((error: unknown) => {
    throw error instanceof SecretUnavailable ? new CannotFetch(error.message) : error
  })
  return value.trim()
}
