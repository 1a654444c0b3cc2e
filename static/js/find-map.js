/* The map of the doctors in the list (Leaflet, vendored). It needs no tiles and asks no server: a plain ground with a
   grid, the names of the cities, the doctors in the order of the list, and a scale. */
(() => {
  "use strict";
  const L = window.L;
  const place = document.querySelector("[data-map]");
  const rows = [...document.querySelectorAll(".find-row[data-lat]")];
  if (!L || !place) return;
  const you = place.dataset.lat && place.dataset.lng ? [Number(place.dataset.lat), Number(place.dataset.lng)] : null;
  if (!rows.length && !you) {
    place.hidden = true;
    return;
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(place, { zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still, minZoom: 2, maxZoom: 17, worldCopyJump: true });
  map.attributionControl.setPrefix(false);
  map.zoomControl.setPosition(document.documentElement.dir === "rtl" ? "topleft" : "topright");
  L.control.scale({ imperial: false }).addTo(map);

  const Grid = L.GridLayer.extend({ createTile: () => Object.assign(document.createElement("div"), { className: "find-square" }) });
  new Grid().addTo(map);

  const drawn = (className, text, size) => {
    const element = Object.assign(document.createElement("span"), { textContent: text });
    return L.divIcon({ className, html: element, iconSize: size });
  };

  const cities = new Map();
  const spots = new Map();
  for (const row of rows) {
    const point = [Number(row.dataset.lat), Number(row.dataset.lng)];
    const city = row.dataset.city;
    if (city) cities.set(city, [...(cities.get(city) || []), point]);
    const key = point.join();
    spots.set(key, [...(spots.get(key) || []), { row, point }]);
  }
  for (const here of spots.values()) {
    const names = here.map(({ row }) => row.dataset.name).join(", ");
    const text = here[0].row.querySelector(".find-no").textContent + (here.length > 1 ? "+" : "");
    const marker = L.marker(here[0].point, { icon: drawn("find-pin", text, [30, 30]), title: names, riseOnHover: true });
    marker.bindPopup(() => {
      const list = document.createElement("ul");
      for (const { row } of here) {
        const item = document.createElement("li");
        item.append(row.querySelector("h3 a").cloneNode(true));
        const free = row.querySelector(".find-free");
        if (free) item.append(Object.assign(document.createElement("small"), { textContent: free.textContent.trim() }));
        list.append(item);
      }
      return list;
    });
    marker.addTo(map);
    for (const { row } of here) {
      row.addEventListener("pointerenter", () => marker.getElement()?.classList.add("is-seen"));
      row.addEventListener("pointerleave", () => marker.getElement()?.classList.remove("is-seen"));
    }
  }
  for (const [city, found] of cities) {
    const middle = found.reduce((sum, one) => [sum[0] + one[0] / found.length, sum[1] + one[1] / found.length], [0, 0]);
    L.marker(middle, { icon: drawn("find-city", city, [0, 0]), interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(map);
  }
  if (you) {
    const mark = L.marker(you, { icon: drawn("find-you", "", [18, 18]), title: place.dataset.you, keyboard: false });
    mark.addTo(map);
  }
  const points = [...[...spots.values()].map(([{ point }]) => point), ...(you ? [you] : [])];
  map.fitBounds(L.latLngBounds(points), { padding: [36, 36], maxZoom: 14, animate: false });
})();
