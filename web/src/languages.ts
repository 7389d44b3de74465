/** Which language the reader gets, and how its numbers and dates are written. */
export const languages = {
  en: { name: 'English', locale: 'en-CA', dir: 'ltr' },
  vi: { name: 'Tiếng Việt', locale: 'vi-VN', dir: 'ltr' },
  // Latin digits: rows and seats are printed in them, in the house and on the ticket.
  ar: { name: 'العربية', locale: 'ar-u-nu-latn', dir: 'rtl' },
} as const
export type Language = keyof typeof languages

const cookie = 'onsale_lang'

export function isLanguage(value: string | null | undefined): value is Language {
  return value !== null && value !== undefined && Object.hasOwn(languages, value)
}

/** `?lang` once, then what was chosen before, then what the browser asks for. */
export function preferredLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang')
  if (isLanguage(asked)) {
    rememberLanguage(asked)
    return asked
  }
  const chosen = new RegExp(`(?:^|; )${cookie}=(\\w+)`).exec(document.cookie)?.[1]
  const wanted = [chosen, ...navigator.languages.map((tag) => tag.split('-')[0]?.toLowerCase())]
  return wanted.find(isLanguage) ?? 'en'
}

export function rememberLanguage(language: Language): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet, and the server reads this cookie.
  document.cookie = `${cookie}=${language}; Path=/; Max-Age=31536000; SameSite=Lax`
}
