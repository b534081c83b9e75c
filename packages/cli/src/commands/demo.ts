import { openInBrowser } from '../browser.ts'
import { runDemo } from '../demo/index.ts'

export interface DemoCommandOptions {
  readonly folder: string
  readonly port: number
  readonly inferencePort: number
  readonly exit?: boolean
  readonly open: boolean
  readonly json?: string
}

export function demo({ folder, port, inferencePort, exit = false, open, json }: DemoCommandOptions): Promise<number> {
  return runDemo({
    folder,
    port,
    inferencePort,
    exit,
    jsonFile: json,
    openBrowser: open ? openInBrowser : () => {},
  })
}
