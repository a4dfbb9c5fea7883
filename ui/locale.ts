/**
 * Chromium under the POSIX locale (a kiosk, a container) names its language "en-US@posix", which `Intl` refuses; uPlot
 * asks `Intl` with it while it is loaded, and the page would stay empty. Imported before anything else.
 */
if (!isLanguageTag(navigator.language)) {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}

function isLanguageTag(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length === 1;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
