import { type Secret, shortestMaskedLength } from '@evenkeel/contract'
import { text } from 'node:stream/consumers'
import { CliError, exitCodes } from '../errors.ts'
import { momentText, table } from '../table.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

interface SetOptions extends CommonOptions {
  readonly input?: boolean
}

/** Takes the value from stdin, or asks for it; never from the command line, where others could read it. */
export async function set(name: string, options: SetOptions): Promise<number> {
  const { secrets } = await connect(options)
  const value = process.stdin.isTTY ? await ask(name, options) : withoutLastNewline(await text(process.stdin))
  if (value === '') throw noValue(name)
  const secret = await secrets.put({ params: { secret: name }, body: { value } })
  const output = outputOf(options)
  output.result(secret, () => [
    `secret ${secret.name} is set; steps that name it get it from their next attempt on`,
    `name it in a step   secrets: { ${name}: "\${{ secrets.${name} }}" }`,
  ])
  if (value.length < shortestMaskedLength) output.say(tooShort)
  return exitCodes.ok
}

const tooShort = `It is shorter than ${shortestMaskedLength} characters, so it cannot be masked in logs: keep steps from printing it, or use a longer one.`

export async function list(options: CommonOptions): Promise<number> {
  const { secrets } = await connect(options)
  const page = await secrets.list()
  outputOf(options).result(page, () => (page.items.length > 0 ? linesOf(page.items) : nothing))
  return exitCodes.ok
}

const nothing = ['no secret yet', '  next   evenkeel secret set NAME']

const linesOf = (items: readonly Secret[]): string[] =>
  table(
    ['secret', 'set', 'by'],
    items.map(({ name, updatedAt, updatedBy }) => [name, momentText(updatedAt), updatedBy]),
  )

export async function remove(name: string, options: CommonOptions): Promise<number> {
  const { secrets } = await connect(options)
  const secret = await secrets.remove({ params: { secret: name } })
  outputOf(options).result(secret, () => `secret ${name} is deleted; no run that needs it will start`)
  return exitCodes.ok
}

/** What `echo` and editors put behind a value is not a part of it. */
const withoutLastNewline = (value: string): string => value.replace(/\r?\n$/, '')

async function ask(name: string, { input = true }: SetOptions): Promise<string> {
  if (!input) throw noValue(name)
  const { stdin, stderr } = process
  stderr.write(`value of ${name} (it is not shown): `)
  stdin.setRawMode(true)
  try {
    return await readHidden(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

const [enter, newline, interrupt, endOfInput, backspace, erase] = ['\r', '\n', '\u0003', '\u0004', '\u007F', '\b']

async function readHidden(stdin: AsyncIterable<Buffer>): Promise<string> {
  let value = ''
  for await (const chunk of stdin) {
    for (const key of chunk.toString()) {
      if (key === enter || key === newline || key === endOfInput) return value
      if (key === interrupt) process.exit(130)
      value = key === backspace || key === erase ? value.replace(/.$/su, '') : value + key
    }
  }
  return value
}

const noValue = (name: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'There is no value',
    why: 'a secret is read from stdin, or asked for at a terminal',
    fix: `evenkeel secret set ${name} < FILE`,
    exitCode: exitCodes.usage,
  })
