import type { Sample } from './sample.ts'

/** A request of the Open Inference Protocol, a line for each input. */
export const requestText = ({ inputs }: Sample): string =>
  `{"inputs": [\n${inputs.map((input) => `  ${JSON.stringify(input)}`).join(',\n')}\n]}\n`
