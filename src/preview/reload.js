// Reloads a previewed page after a build, and shows the build's mistakes over it. Never part of what is published.
(() => {
  const show = async () => {
    const report = await (await fetch('/__portico/report')).json();
    document.getElementById('portico-report')?.remove();
    const list = report.diagnostics ?? [];
    const errors = list.filter((d) => d.severity === 'error');
    if (!report.failure && errors.length === 0) return;
    const box = document.createElement('details');
    box.id = 'portico-report';
    box.open = sessionStorage.getItem('portico-report') !== 'closed';
    box.addEventListener('toggle', () => sessionStorage.setItem('portico-report', box.open ? 'open' : 'closed'));
    box.style.cssText = 'position:fixed;inset:auto 1rem 1rem 1rem;max-height:45vh;overflow:auto;z-index:9999;background:#fff7f5;color:#3a0f08;' +
      'border:2px solid #b3261e;border-radius:8px;padding:.75rem 1rem;font:14px/1.6 system-ui,sans-serif;box-shadow:0 6px 24px rgb(0 0 0/.25)';
    const head = document.createElement('summary');
    head.textContent = report.failure ?? `Portico: ${errors.length} ✕`;
    box.append(head);
    for (const d of errors.slice(0, 50)) {
      const line = document.createElement('p');
      line.style.margin = '.5rem 0';
      line.textContent = `${d.file}:${d.line}:${d.column}  ${d.message}${d.hint ? '  → ' + d.hint : ''}`;
      box.append(line);
    }
    document.body.append(box);
  };
  const mine = document.currentScript.dataset.build;
  const events = new EventSource('/__portico/events');
  events.addEventListener('built', (event) => {
    if (event.data !== mine) location.reload();
  });
  show();
})();
