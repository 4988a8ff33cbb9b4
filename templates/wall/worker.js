{% load i18n %}// Stands between a wall's browser and the server: where the server is away, a page of ours waits for it, in place of the
// browser's own, from which there is no way back. Nothing else is kept or changed.
const AWAY = `<!DOCTYPE html><html lang="{{ language|escapejs }}"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>MIS</title>
<style>html{height:100%;background:#101216;color:#eef0f3;font:600 4vmin/1.4 system-ui,sans-serif}body{display:grid;place-items:center;height:100%;margin:0;text-align:center}</style>
<body><p>{% translate "The server does not answer. Trying again…" as words %}{{ words|escapejs }}</p></body></html>`;

const away = () => new Response(AWAY, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" } });

async function page(request) {
  try {
    const answer = await fetch(request);
    return answer.status >= 500 ? away() : answer;
  } catch {
    return away();
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
});
