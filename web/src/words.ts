/** The words of a page: what the language files say, and Intl for numbers, money and time. */
import i18next from 'i18next'
import { useSyncExternalStore } from 'react'
import { type Format, formatOf } from './format.ts'
import { isLanguage, type Language, languages, preferredLanguage, rememberLanguage } from './languages.ts'
import type en from './locales/en.json'
import { loadPart } from './parts.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

const files = {
  en: () => import('./locales/en.json'),
  vi: () => import('./locales/vi.json'),
  ar: () => import('./locales/ar.json'),
} satisfies Record<Language, () => Promise<unknown>>

export async function startWords(): Promise<void> {
  const language = preferredLanguage()
  await i18next.init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: (await loadPart(files[language])).default } },
    interpolation: { escapeValue: true, escape: isolate },
    returnNull: false,
  })
  dress(language)
}

export async function chooseLanguage(language: Language): Promise<void> {
  i18next.addResourceBundle(language, 'translation', (await loadPart(files[language])).default)
  rememberLanguage(language)
  dress(language)
  await i18next.changeLanguage(language)
}

function dress(language: Language): void {
  document.documentElement.lang = language
  document.documentElement.dir = languages[language].dir
}

/** A Latin name in an Arabic sentence must not turn its neighbours round. React escapes; this only isolates. */
function isolate(value: string): string {
  return document.documentElement.dir === 'rtl' ? `\u2068${value}\u2069` : value
}

export type Words = Format & { t: typeof i18next.t; language: Language }

const spoken = new Map<Language, Words>()

/** The same object as long as the language stays, so that effects may depend on it. */
export function useWords(): Words {
  const language = useSyncExternalStore(onLanguageChange, () => i18next.language)
  return wordsOf(isLanguage(language) ? language : 'en')
}

function wordsOf(language: Language): Words {
  const known = spoken.get(language) ?? { t: i18next.getFixedT(language), language, ...formatOf(languages[language].locale) }
  spoken.set(language, known)
  return known
}

/** The usual kinds of event have a word in each language; an organiser's own kind is shown as it was written. */
export function kindName(type: string, { t }: Words): string {
  return t(`kind.${type.toLowerCase()}` as 'kind.sports', { defaultValue: type })
}

function onLanguageChange(changed: () => void): () => void {
  i18next.on('languageChanged', changed)
  return () => i18next.off('languageChanged', changed)
}
