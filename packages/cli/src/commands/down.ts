import { exitCodes } from '../errors.ts'
import { folderOf } from '../settings.ts'
import { stopFolder } from '../supervisor/stop-left.ts'
import { type CommonOptions, outputOf } from './common.ts'

/** Stops whatever runs on a data folder, and says what that was. */
export async function down(options: CommonOptions): Promise<number> {
  const folder = folderOf(options.folder)
  const stopped = await stopFolder(folder)
  const names = stopped.map(({ name, pid }) => `${name} (${pid})`).join(', ')
  outputOf(options).result({ folder, stopped: stopped.map(({ name, pid }) => ({ name, pid })) }, () =>
    stopped.length > 0 ? `stopped ${names}` : `nothing ran on ${folder}`,
  )
  return exitCodes.ok
}
