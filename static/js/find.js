/* Find a doctor: the position is asked of the browser on the button only, rounded to about a hundred metres, and stays
   in this page's address; new doctors of the city that is asked for are told while the page is open. The page itself
   is the server's and works without this. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const form = document.querySelector("form[data-find]");
  const source = document.getElementById("find-words");
  const words = new Map([...(source?.content.children || [])].map((word) => [word.dataset.word, word.textContent]));
  const near = document.querySelector("[data-near]");
  const says = document.querySelector("[data-near-says]");

  if (near && !navigator.geolocation) near.hidden = true;
  near?.addEventListener("click", () => {
    says.textContent = words.get("asking");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(3);
        form.elements.lng.value = coords.longitude.toFixed(3);
        form.elements.order.value = "nearest";
        form.elements.city.value = "";
        form.requestSubmit();
      },
      () => {
        says.textContent = words.get("refused");
        form.elements.city.focus();
      },
      { timeout: 10000, maximumAge: 600000 },
    );
  });

  const { feed, city } = document.body.dataset;
  if (!feed || !window.EventSource) return;
  const note = document.querySelector("[data-new]");
  const told = new Set([...document.querySelectorAll(".find-row")].map((row) => row.id));
  const stream = new EventSource(feed);
  stream.addEventListener("doctor:new", (event) => {
    const doctor = JSON.parse(event.data);
    if (told.has(`d-${doctor.doctor}`)) return;
    told.add(`d-${doctor.doctor}`);
    const name = [doctor.name, doctor.specialization].filter(Boolean).join(", ");
    const text = words.get("new").replace("{city}", city).replace("{name}", name);
    note.querySelector("[data-new-who]").textContent = text;
    note.hidden = false;
    flow.announce(text);
  });
  window.addEventListener("pagehide", () => stream.close());
})();
