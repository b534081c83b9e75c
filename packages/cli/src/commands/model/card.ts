import { ApiError } from '@evenkeel/client'
import { type ModelCard, registryErrors } from '@evenkeel/contract'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CliError, exitCodes } from '../../errors.ts'
import { momentText, table } from '../../table.ts'
import { type CommonOptions, type Connection, connect, outputOf } from '../common.ts'
import { findVersion, numberOf, readVersionName } from './version-name.ts'

interface CardOptions extends CommonOptions {
  readonly format: 'markdown' | 'mct'
  readonly file?: string
  readonly edit?: boolean
  readonly reason?: string
  readonly history?: boolean
  readonly revision?: number
}

interface Target {
  readonly model: string
  readonly version: number
}

/** Prints the card of a version: with its decisions, as it was, as JSON of the Model Card Toolkit; or writes it. */
export async function card(name: string, options: CardOptions): Promise<number> {
  const { format, file, edit, history, revision } = options
  requireOne({
    '--file': file !== undefined,
    '--edit': edit,
    '--history': history,
    '--revision': revision !== undefined,
  })
  const connection = await connect(options)
  if (format === 'markdown' && file === undefined && !edit && !history && revision === undefined) {
    const version = await findVersion(connection, name)
    outputOf(options).result({ model: version.model, version: version.version, card: version.card }, () => version.card)
    return exitCodes.ok
  }
  const named = readVersionName(name)
  const target = { model: named.model, version: await numberOf(connection, named) }
  if (history) return printHistory(connection, target, options)
  if (edit) return editCard(connection, target, options)
  if (file !== undefined) return putFile(connection, target, file, options)
  if (format === 'mct') {
    const toolkit = await connection.modelCards.toolkit({ params: target })
    outputOf(options).result(toolkit, () => JSON.stringify(toolkit, null, 2))
    return exitCodes.ok
  }
  const found = await connection.modelCards.get({ params: target, query: { revision } })
  outputOf(options).result(found, () => found.card)
  return exitCodes.ok
}

function requireOne(given: Readonly<Record<string, boolean | undefined>>): void {
  const names = Object.keys(given).filter((name) => given[name])
  if (names.length < 2) return
  throw new CliError({
    code: 'cli.usage',
    message: `${names.join(' and ')} do not go together.`,
    why: 'The card is either written or read, from one place.',
    fix: 'evenkeel model card --help',
    exitCode: exitCodes.usage,
  })
}

async function printHistory(connection: Connection, params: Target, options: CardOptions): Promise<number> {
  const page = await connection.modelCards.listEdits({ params, query: { limit: 500 } })
  outputOf(options).result(page, () =>
    table(
      ['revision', 'lines', 'by', 'at', 'reason'],
      page.items.map(({ revision, addedLines, removedLines, editedBy, editedAt, reason }) => [
        String(revision),
        revision === 0 ? '–' : `+${addedLines} −${removedLines}`,
        editedBy,
        momentText(editedAt),
        reason || (revision === 0 ? 'registered' : '–'),
      ]),
    ),
  )
  return exitCodes.ok
}

/** Replaces the card by a file, `-` for what comes in; it stands for whatever is there now. */
async function putFile(connection: Connection, params: Target, file: string, options: CardOptions): Promise<number> {
  const { revision } = await connection.modelCards.get({ params, query: {} })
  const content =
    file === '-'
      ? await text(process.stdin)
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw unreadable(file, cause)
        })
  return put(connection, params, { card: content, revision }, options)
}

/** Opens the card in the editor; what cannot be saved stays in a file. */
async function editCard(connection: Connection, params: Target, options: CardOptions): Promise<number> {
  const before = await connection.modelCards.get({ params, query: {} })
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-card-'))
  const file = join(folder, 'README.md')
  await writeFile(file, before.card)
  await openEditor(file).catch(async (error: unknown) => {
    await rm(folder, { recursive: true })
    throw error
  })
  const edited = await readFile(file, 'utf8')
  try {
    const code = await put(connection, params, { card: edited, revision: before.revision }, options)
    await rm(folder, { recursive: true })
    return code
  } catch (error) {
    outputOf(options).say(`your text is in ${file}`)
    throw error
  }
}

async function openEditor(file: string): Promise<void> {
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi'
  // As git does it: the variable may hold options too, which a shell takes apart.
  const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw noEditor(editor, `It ended with ${code}.`)
}

async function put(
  { modelCards }: Connection,
  params: Target,
  body: Pick<ModelCard, 'card' | 'revision'>,
  options: CardOptions,
): Promise<number> {
  const { reason = '' } = options
  const saved = await modelCards.put({ params, body: { ...body, reason } }).catch((error: unknown) => {
    throw explained(error)
  })
  const name = `${params.model}@${params.version}`
  const isSame = saved.revision === body.revision
  outputOf(options).result(saved, () =>
    isSame ? `the card of ${name} is that already` : `the card of ${name} is revision ${saved.revision}`,
  )
  return exitCodes.ok
}

/** Says in lines what somebody else changed meanwhile, or what is wrong where. */
function explained(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== 'registry.card_changed') return error
  const { changes } = registryErrors['registry.card_changed'].details.parse(error.details)
  const { code, message, why, fix, requestId } = error
  const told = `${why}\n${changes.join('\n')}`
  return new CliError({ code, message, why: told, fix, requestId, exitCode: exitCodes.conflict }, { cause: error })
}

const unreadable = (file: string, cause: unknown) =>
  new CliError(
    {
      code: 'cli.usage',
      message: `${file} cannot be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'give a file of Markdown, or - for what comes in',
      exitCode: exitCodes.usage,
    },
    { cause },
  )

const noEditor = (editor: string, why: string) =>
  new CliError({
    code: 'cli.no_editor',
    message: `The editor "${editor}" could not be used; nothing was written.`,
    why,
    fix: 'set EDITOR, or write a file and give it with --file',
    exitCode: exitCodes.usage,
  })
