// Keeps an open page true. Everything works without it: the server sends whole pages, and forms are plain forms.
"use strict";

const two = (count, unit, rest, smaller) => (rest ? `${count} ${unit} ${rest} ${smaller}` : `${count} ${unit}`);

function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60), hours = Math.floor(seconds / 3600), days = Math.floor(seconds / 86400);
  if (minutes < 1) return `${seconds} s`;
  if (minutes < 10) return two(minutes, "min", seconds % 60, "s");
  if (hours < 1) return `${minutes} min`;
  return days < 1 ? two(hours, "h", minutes % 60, "min") : two(days, "d", hours % 24, "h");
}

const main = document.querySelector("main[data-events]");
const skew = main ? Date.parse(main.dataset.now) - Date.now() : 0; // by Tocsin's clock, whatever this machine's says

function tick() {
  for (const time of document.querySelectorAll("time:not([data-said=at])")) {
    const at = Date.parse(time.dateTime), now = Date.now() + skew;
    const said = {
      ago: () => `${duration(now - at)} ago`,
      for: () => duration(now - at),
      in: () => (at - now >= 1000 ? `in ${duration(at - now)}` : "now"),
      left: () => (at > now ? `${duration(at - now)} left` : "time is over"),
    }[time.dataset.said]();
    if (time.textContent !== said) time.textContent = said;
  }
}

// What a person has typed, opened and is looking at stays, although what is around it is replaced.
function replace(id, html) {
  const part = document.getElementById(id);
  if (!part) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const caret = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const typed = [...part.querySelectorAll("input[id], textarea[id], select[id]")].map((field) => [field.id, field.value]);
  const stood = [...part.querySelectorAll("details[id]")].map((details) => [details.id, details.open]);
  const known = new Set([...part.querySelectorAll("[id]")].map((element) => element.id));
  part.innerHTML = html;
  for (const [field, value] of typed) if (document.getElementById(field)) document.getElementById(field).value = value;
  for (const [details, open] of stood) document.getElementById(details)?.toggleAttribute("open", open);
  for (const item of part.querySelectorAll("li[id]")) if (!known.has(item.id)) item.classList.add("new");
  const again = focused?.id ? document.getElementById(focused.id) : null;
  again?.focus({ preventScroll: true });
  if (again && caret) again.setSelectionRange(...caret);
}

// Only while somebody looks: a browser holds few connections to one host, and people keep many tabs.
function follow() {
  const live = document.getElementById("live");
  const say = (text, state) => Object.assign(live, { hidden: false, textContent: text, className: `live is-${state}` });
  const { events: address, mark } = main.dataset;
  let seen = mark, events = null;

  function changed(event) {
    const { parts, title, news } = JSON.parse(event.data);
    seen = event.lastEventId;
    for (const [id, html] of Object.entries(parts)) replace(id, html);
    document.title = `${title} · Tocsin`;
    const told = document.getElementById("news");
    if (told.textContent !== news) told.textContent = news; // the same once more would be read aloud again
    tick();
  }

  function ended() {
    events.close();
    document.removeEventListener("visibilitychange", look);
    say("Signed out", "off");
  }

  function look() {
    events?.close();
    if (document.visibilityState !== "visible") return;
    events = new EventSource(`${address}${address.includes("?") ? "&" : "?"}seen=${encodeURIComponent(seen)}`);
    events.onopen = () => say("Live", "on");
    events.onerror = () => say(events.readyState === EventSource.CLOSED ? "Not live: load the page again" : "Reconnecting…", "off");
    events.addEventListener("changed", changed);
    events.addEventListener("ended", ended);
  }

  document.addEventListener("visibilitychange", look);
  look();
}

// A one-time link sends itself, but only to somebody who looks at it: not to a browser that fetches ahead.
function sendWhenSeen(form) {
  const send = () => document.visibilityState === "visible" && !document.prerendering && form.requestSubmit();
  if (send() === false) document.addEventListener("visibilitychange", send, { once: true });
}

if (main) {
  if (main.dataset.events) follow();
  setInterval(tick, 1000);
}
const link = document.querySelector("form[data-send-when-seen]");
if (link) sendWhenSeen(link);
