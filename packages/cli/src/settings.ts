import { resolve } from 'node:path'
import { readState } from './supervisor/state.ts'

export const DEFAULT_FOLDER = '.evenkeel'
export const DEFAULT_URL = 'http://127.0.0.1:7070'

export interface Target {
  readonly url: string
  readonly token: string | undefined
}

export const folderOf = (option: string | undefined): string =>
  resolve(option ?? process.env['EVENKEEL_FOLDER'] ?? DEFAULT_FOLDER)

/** Where to ask: `--url`, else EVENKEEL_URL, else what runs on the data folder, else the usual address. */
export async function targetOf(options: { url?: string | undefined; folder?: string | undefined }): Promise<Target> {
  const token = process.env['EVENKEEL_TOKEN']
  const given = options.url ?? process.env['EVENKEEL_URL']
  if (given) return { url: given, token }
  const state = await readState(folderOf(options.folder))
  return { url: state?.url ?? DEFAULT_URL, token }
}
