/** Light or dark: the system decides until somebody says otherwise. public/assets/theme.js reads the same key before the first paint. */
const key = 'onsale.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')

export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === 'dark' : system.matches
}

export function onThemeChange(changed: () => void): () => void {
  system.addEventListener('change', changed)
  return () => system.removeEventListener('change', changed)
}

/** Back to what the system wants, the override goes: the page follows the system again. */
export function chooseTheme(theme: 'light' | 'dark'): void {
  const asSystem = (theme === 'dark') === system.matches
  if (asSystem) delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    if (asSystem) localStorage.removeItem(key)
    else localStorage.setItem(key, theme)
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
}
