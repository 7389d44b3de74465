/** Passwords of the settings, so that no text that leaves the process holds one: a driver may put what it was given into its error. */

/** The password of an address, in each form that it may be written in. One that was not encoded may hold an @: then it could end at each. */
export function passwordsIn(address: string): string[] {
  const [, login = ''] = /^[a-z0-9+.-]+:\/\/[^:@/]*:(.*)@/i.exec(address) ?? []
  return login
    .split('@')
    .map((_, i, parts) => parts.slice(0, i + 1).join('@'))
    .filter(Boolean)
    .flatMap((password) => [password, decoded(password)])
}

/** Takes the secrets out of a text, also as they are written within JSON. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const written = new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]))
  // The longest first: one may be the beginning of another.
  const ordered = [...written].sort((a, b) => b.length - a.length)
  return (text) => ordered.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}

/** As it reads without %20 and its like; a text that is no such code stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
