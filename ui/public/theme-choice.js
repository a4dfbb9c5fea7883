// Runs before the first paint, so that a stored theme never flashes the other one. `theme/theme.ts` owns the key.
{
  const choice = localStorage.getItem('pulsewire-theme');
  if (choice === 'dark' || choice === 'light') document.documentElement.dataset.theme = choice;
}
