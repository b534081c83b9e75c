/** Without a copy of every line: this is done for each batch of predictions. */
export function lineCount(lines: string): number {
  let count = 0
  for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', end + 1)) count++
  return count
}
