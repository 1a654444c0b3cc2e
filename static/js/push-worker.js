/* Shows the notices that our server sends to this browser (clinic/inbox/channels/push.py). It serves no page, keeps
   nothing and asks for nothing: its scope holds no address of ours. */
"use strict";

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let told = null;
  try {
    told = event.data.json();
  } catch {
    return;
  }
  event.waitUntil(
    self.registration.showNotification(String(told.title || ""), {
      body: String(told.body || ""),
      tag: String(told.tag || "notice"),
      renotify: true,
      lang: told.lang || "",
      dir: "auto",
      vibrate: told.urgent ? [300, 150, 300] : [200],
      data: { url: String(told.url || "/") },
    }),
  );
});

/* A touch opens the page, or the tab that shows it already. Only pages of ours, whatever the notice says. */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/", self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil(
    (async () => {
      const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
      const shown = open.find((page) => new URL(page.url).pathname === url.pathname);
      return shown ? shown.focus() : self.clients.openWindow(url.href);
    })(),
  );
});
