import { Moon, Sun } from 'lucide-react'
import { useReducer, useSyncExternalStore } from 'react'
import { chooseTheme, isDark, onThemeChange } from '../theme.ts'
import { useWords } from '../words.ts'

export function ThemeSwitch() {
  const { t } = useWords()
  const dark = useSyncExternalStore(onThemeChange, isDark)
  const [, again] = useReducer((times: number) => times + 1, 0)
  const Icon = dark ? Sun : Moon
  const change = () => {
    chooseTheme(dark ? 'light' : 'dark')
    again()
  }
  return (
    <button type="button" className="tool" aria-label={t(dark ? 'site.useLight' : 'site.useDark')} onClick={change}>
      <Icon className="icon" aria-hidden="true" />
    </button>
  )
}
