/** Ends of sentences; a decimal point or an abbreviation before a small letter is none. */
const SENTENCE_END = /(?<=[.!?]) (?=[A-Z])/

export const firstSentence = (text: string): string => text.split(SENTENCE_END)[0]!

/** The first sentence of each part of a reason: what came of what, without the details. */
export const brief = (text: string): string => text.split(' → ').map(firstSentence).join(' → ')
