// Cached for a year under this name: a change needs another name.
// Before the first paint, or a dark page would flash white. A file of its own: the content security policy forbids inline scripts.
try {
  const theme = localStorage.getItem('onsale.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the system's theme it is, then.
}
