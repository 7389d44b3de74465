import { Globe } from 'lucide-react'
import { isLanguage, languages } from '../languages.ts'
import { chooseLanguage, useWords } from '../words.ts'

export function LanguageChoice() {
  const { t, language } = useWords()
  const choose = (value: string) => {
    if (isLanguage(value)) void chooseLanguage(value)
  }
  return (
    <span className="tool choice">
      <Globe className="icon" aria-hidden="true" />
      <select aria-label={t('site.language')} value={language} onChange={(event) => choose(event.target.value)}>
        {Object.entries(languages).map(([code, { name }]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </span>
  )
}
