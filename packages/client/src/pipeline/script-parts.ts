/** Characters up to the end of the line. */
export function lengthOfLine(script: string, at: number): number {
  const end = script.indexOf('\n', at)
  return (end < 0 ? script.length : end) - at
}

/** Just behind the single quote that closes; `escapes`: as in `$'…'`, where `\'` does not. */
export function endOfQuote(script: string, from: number, escapes: boolean): number {
  for (let at = from; at < script.length; at++) {
    if (escapes && script[at] === '\\') at++
    else if (script[at] === "'") return at + 1
  }
  return script.length
}

/** Behind the line that ends a here-document; `indented`: tabs before it do not count. */
export function endOfHeredoc(script: string, from: number, end: string, indented: boolean): number {
  for (let at = from; at < script.length;) {
    const length = lengthOfLine(script, at)
    const line = script.slice(at, at + length)
    if ((indented ? line.replace(/^\t+/, '') : line) === end) return at + length
    at += length + 1
  }
  return script.length
}
