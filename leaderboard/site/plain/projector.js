const PERIOD = 2000, PATIENCE = 6000, TURN = 12;
const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let shown = { slides: [], clock: {} }, at = 0, left = TURN, paused = false;
let etag = "", reached = Date.now(), ahead = 0, drawn = "";

function span(seconds) {
  const parts = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    if (seconds >= size || parts.length || unit === "s") parts.push(`${Math.floor(seconds / size)} ${unit}`);
    seconds %= size;
  }
  return parts.slice(0, 2).join(" ");
}

function tick() {
  const { word, says, until } = shown.clock;
  const seconds = Math.max(Math.floor((Date.parse(until) - Date.now() - ahead) / 1000), 0);
  $("clock").textContent = until ? `${word === "open" ? "" : `${word} · `}${says} ${span(seconds)}` : word || "";
  $("lost").hidden = Date.now() - reached < PATIENCE;
  if (!paused && --left <= 0) turn(1);
}

function show(moves) {
  const slide = shown.slides[at];
  if (!slide) return;
  $("title").textContent = slide.title;
  $("slide").innerHTML = slide.html;
  $("place").textContent = `${at + 1} / ${shown.slides.length}`;
  if (moves && !calm.matches) document.querySelector("main").animate([{ opacity: 0 }, { opacity: 1 }], 500);
}

function turn(by) {
  const count = shown.slides.length || 1;
  at = (at + by + count) % count;
  left = TURN;
  show(count > 1);
}

function pause() {
  paused = !paused;
  $("pause").textContent = paused ? "Go on" : "Pause";
}

function take(now) {
  const title = shown.slides[at]?.title;
  shown = now;
  at = Math.max(now.slides.findIndex((slide) => slide.title === title), 0);
  $("feed").innerHTML = now.feed;
  $("banner").textContent = now.banner || "";
  $("banner").hidden = !now.banner;
  show(false);
}

async function ask(address, options) {
  return fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...options });
}

async function look() {
  try {
    const answer = await ask("/projector.json", { headers: etag ? { "If-None-Match": etag } : {} });
    if (answer.ok) {
      etag = answer.headers.get("ETag");
      take(await answer.json());
    } else if (answer.status !== 304) throw new Error(answer.status);
    const off = Date.parse(answer.headers.get("Date")) - Date.now();
    if (Math.abs(off - ahead) > 2000) ahead = off; // else it is the network's, not the clock's
    reached = Date.now();
    await code();
  } catch {
    // What is shown stays; `tick` says so once it lasts.
  }
  setTimeout(look, PERIOD);
}

async function code() {
  const typed = decodeURIComponent(location.hash.slice(1));
  if (!typed || typed === drawn) return;
  const answer = await ask("/projector/qr", { method: "POST", body: new URLSearchParams({ code: typed }) });
  if (answer.ok) {
    const { code, picture } = await answer.json();
    $("picture").src = picture;
    $("code").textContent = code;
    $("where").textContent = $("where").textContent.replace(/(\/join)?$/, "/join");
    $("join").hidden = false;
  }
  drawn = typed;
}

$("back").onclick = () => turn(-1);
$("on").onclick = () => turn(1);
$("pause").onclick = pause;
addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") turn(1);
  else if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === " " && event.target.tagName !== "BUTTON") pause();
});
addEventListener("hashchange", code);
setInterval(tick, 1000);
look().then(tick);
