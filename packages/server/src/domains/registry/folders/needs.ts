import type { StoredFile } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'

/** What keeps the files of versions that are folders. */
export interface FolderNeeds {
  /** Gives stored files their paths below a folder. @returns where MLflow's clients find it */
  readonly keepFolder: (tx: Db, projectId: string, folder: string, files: readonly StoredFile[]) => Promise<string>
  /** Takes the paths away again that `keepFolder` gave. */
  readonly dropFolder: (tx: Db, projectId: string, uri: string) => Promise<void>
}
