/** A glob over paths with `/`: `*` and `?` stay inside of a name, `**` goes through folders, `{a,b}` and `[ab]` choose. */
export function globToRegExp(glob: string): RegExp {
  let source = ''
  let braces = 0
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!
    if (glob.startsWith('**/', at) && (at === 0 || glob[at - 1] === '/')) {
      source += '(?:.*/)?'
      at += 2
    } else if (glob.startsWith('**', at)) {
      source += '.*'
      at += 1
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[' && glob.indexOf(']', at + 2) > 0) {
      const end = glob.indexOf(']', at + 2)
      source += `[${glob
        .slice(at + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`
      at = end
    } else if (char === '{' && glob.indexOf('}', at) > 0) {
      source += '(?:'
      braces++
    } else if (char === '}' && braces > 0) {
      source += ')'
      braces--
    } else if (char === ',' && braces > 0) source += '|'
    else source += char.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
  }
  return new RegExp(`^${source}$`, 's')
}
