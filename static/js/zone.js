/* A new hospital is most likely where its owner sits: the time zone of this device, unless another was chosen. */
(() => {
  "use strict";
  const zones = document.querySelector("#id_time_zone");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zones || zones.value !== "UTC") return;
  if ([...zones.options].some((option) => option.value === here)) zones.value = here;
})();
