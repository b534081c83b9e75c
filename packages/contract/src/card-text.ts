/** A model card in its parts. */
export interface CardParts {
  /** YAML between the two lines of dashes; null without them. */
  readonly frontMatter: string | null
  /** Markdown below. */
  readonly body: string
}

/** Hugging Face puts YAML between two lines of dashes in front of the text. */
export function splitCard(card: string): CardParts {
  const [, front, body] = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)??---[ \t]*(?:\r?\n|$)([\s\S]*)$/.exec(card) ?? []
  return body === undefined ? { frontMatter: null, body: card } : { frontMatter: front ?? '', body }
}

export interface CardSection {
  /** Empty in front of the first heading. */
  readonly heading: string
  readonly text: string
}

/** The text of a card by its headings, of whatever level. */
export function cardSections(body: string): CardSection[] {
  return body
    .split(/^(?=#{1,6} )/m)
    .map((part) => {
      const [, heading, text] = /^#{1,6} +([^\n]*)\n?([\s\S]*)$/.exec(part) ?? []
      return { heading: heading?.trim() ?? '', text: (text ?? part).trim() }
    })
    .filter(({ heading, text }) => heading !== '' || text !== '')
}
