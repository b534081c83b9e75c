import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CliError, exitCodes } from '../errors.ts'

const execute = promisify(execFile)

async function git(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { maxBuffer: 64 * 1024 ** 2, env: { ...process.env, ...environment } }
  return (await execute('git', ['-C', folder, ...args], options)).stdout.trim()
}

/** @throws CliError when the folder belongs to no git repository that has a commit */
export async function requireRepository(folder: string): Promise<void> {
  await git(folder, ['rev-parse', '--verify', 'HEAD']).catch((cause: unknown) => {
    throw noRepository(folder, cause)
  })
}

const noRepository = (folder: string, cause: unknown) =>
  new CliError(
    {
      code: 'cli.no_git',
      message: 'There is no git repository with a commit here',
      why: `evenkeel ci compares with what was committed, and ${folder} belongs to no repository, or git is not installed`,
      fix: 'git init && git add -A && git commit -m "begin"   (or run it in the repository)',
      exitCode: exitCodes.usage,
    },
    { cause },
  )

/** Lays the project as it was at a commit into a folder of its own, for as long as it is used. The index stays as it is. */
export async function withCommit<T>(
  folder: string,
  ref: string,
  use: (folder: string, commit: string) => Promise<T>,
): Promise<T> {
  const commit = await git(folder, ['rev-parse', '--verify', `${ref}^{commit}`]).catch((cause: unknown) => {
    throw noCommit(ref, cause)
  })
  const prefix = await git(folder, ['rev-parse', '--show-prefix'])
  const root = await git(folder, ['rev-parse', '--show-toplevel'])
  const target = await mkdtemp(join(tmpdir(), 'evenkeel-base-'))
  try {
    const index = { GIT_INDEX_FILE: join(target, '.index') }
    await git(root, ['read-tree', commit], index)
    await git(root, ['checkout-index', '--all', '--force', `--prefix=${target}/tree/`], index)
    return await use(join(target, 'tree', prefix), commit)
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

const noCommit = (ref: string, cause: unknown) =>
  new CliError(
    {
      code: 'cli.no_commit',
      message: `git knows no commit ${ref}`,
      why: 'a checkout of a runner often holds the newest commit alone',
      fix: 'git fetch origin main   (GitHub: fetch-depth: 0; GitLab: GIT_DEPTH: 0)',
      exitCode: exitCodes.usage,
    },
    { cause },
  )

/** What is tried out: the pull request of GitHub, the merge request of GitLab, else the branch or the commit. */
export async function scopeHere(folder: string, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [, pull] = /^refs\/pull\/(\d+)\//.exec(environment['GITHUB_REF'] ?? '') ?? []
  if (pull !== undefined) return `pr-${pull}`
  const merge = environment['CI_MERGE_REQUEST_IID']
  if (merge) return `mr-${merge}`
  const branch = await git(folder, ['rev-parse', '--abbrev-ref', 'HEAD'])
  const name = branch === 'HEAD' ? await git(folder, ['rev-parse', '--short=12', 'HEAD']) : branch
  return `branch/${name.replaceAll(/[^A-Za-z0-9_./-]/g, '-').slice(0, 100)}`
}
