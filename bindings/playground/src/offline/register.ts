/** Lets the browser keep the site for when there is no network; not where a server gave the page manifests of its own. */
export function keepForOffline(): void {
  const isServed = document.querySelector('meta[name="portcullis-manifests"]') !== null;
  if (!import.meta.env.PROD || isServed || !isSecureContext || !('serviceWorker' in navigator)) return;
  addEventListener('load', () => {
    // Where it is forbidden, the page works with the network only.
    navigator.serviceWorker.register('./keeper.js').catch(() => {});
  });
}
