// Before anything is drawn: scripts are there, and how the reader last chose to read (kept in this browser only).
{
  const root = document.documentElement;
  root.dataset.js = '';
  try {
    const chosen = JSON.parse(localStorage.getItem('reader') ?? '{}');
    for (const key of ['size', 'contrast', 'plain']) if (chosen[key]) root.dataset[key] = chosen[key];
  } catch {
    // A browser that keeps nothing shows every page as it is.
  }
}
