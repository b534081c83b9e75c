/**
 * A hash of a text, uniform over [0, 2^32): FNV-1a over UTF-16 code units, mixed by the finaliser of MurmurHash3.
 * The same on every node, so that a unit meets the same arm wherever it is sent.
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    hash = Math.imul(hash ^ (unit & 255), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Whether a text belongs to the chosen share, in [0, 1]; `purpose` makes choices independent of each other. */
export const isChosen = (purpose: string, text: string, share: number): boolean =>
  share >= 1 || (share > 0 && hashText(`${purpose}/${text}`) < share * 2 ** 32)
