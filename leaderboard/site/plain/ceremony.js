// The whole picture comes with each event; what moves is how this page gets from the picture before to the new one.
const at = id => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const MARGIN = 3, GLIDE = 900, COUNT = 1100, BAND = 500;
const rows = new Map();
let picture = null, camera = 0, run = 0, pressed = 0;

const wait = ms => new Promise(done => setTimeout(done, calm.matches ? 0 : ms));
const text = (value, row) => Number(value).toFixed(picture.decimals[row.out ? 1 : 0]);
const ranks = row => row.rank_best === null ? "" : row.rank_best === row.rank_worst ? `${row.rank_best}` : `${row.rank_best}–${row.rank_worst}`;
const height = () => 2 * parseFloat(getComputedStyle(at("list")).fontSize);

// The axis leaves out the odd row far behind, whose interval then ends at the edge; better is to the right.
function axis(all) {
  const sign = picture.better === "high" ? 1 : -1, [low, high] = sign > 0 ? ["low", "high"] : ["high", "low"];
  const worst = all.map(row => sign * row[low]).sort((a, b) => a - b), to = Math.max(...all.map(row => sign * row[high]));
  const tenth = worst[Math.floor(all.length / 10)], from = Math.max(worst[0], tenth - (to - tenth) / 4);
  return value => 2 + 96 * Math.min(Math.max((sign * value - from) / (to - from || 1), 0), 1);
}

function make(row) {
  const found = document.createElement("li");
  for (const name of ["rank", "name", "score", "bar", "may"]) found.append(Object.assign(document.createElement("span"), { className: name }));
  found.children[1].append(document.createElement("bdi"), document.createElement("small"));
  found.children[3].append(Object.assign(document.createElement("span"), { className: "band" }), Object.assign(document.createElement("span"), { className: "dot" }));
  found.children[3].setAttribute("aria-hidden", "true");
  at("rows").append(found);
  rows.set(row.team, found);
  return found;
}

function fill(found, row, place) {
  const [rank, name, score, bar, may] = found.children;
  found.className = [row.out && "out", row.kind !== "team" && "ghost", row.team === picture.next && "next"].filter(Boolean).join(" ");
  rank.textContent = row.rank ?? "·";
  name.firstChild.textContent = row.team;
  name.lastChild.textContent = [row.bracket, row.kind !== "team" && "baseline", row.team === picture.next && "next"].filter(Boolean).join(" · ");
  score.textContent = text(row.value, row);
  const [low, high] = [place(row.low), place(row.high)].sort((a, b) => a - b);
  bar.firstChild.style.transform = `translateX(${low}%) scaleX(${Math.max(high - low, .4) / 100})`;
  bar.lastChild.style.transform = `translateX(${place(row.value)}%)`;
  may.textContent = ranks(row);
}

// Where the camera stands so that a row is in the middle, and no further than there are rows.
function centred(index, count) {
  const high = at("view").clientHeight, size = height();
  return Math.max(0, Math.min(index * size - (high - size) / 2, count * size - high));
}

function inView(camera) {
  const size = height();
  return [Math.floor(camera / size) - MARGIN, Math.ceil((camera + at("view").clientHeight) / size) + MARGIN];
}

// Only what is seen before or after, or passes by in between, is drawn.
function draw(all, cameras) {
  const views = cameras.map(inView), from = Math.min(...views.map(v => v[0])), to = Math.max(...views.map(v => v[1]));
  const drawn = new Map(all.map((row, index) => [row.team, index]).filter(([, index]) => index >= from && index <= to));
  for (const [team, found] of rows) if (!drawn.has(team)) { found.remove(); rows.delete(team); }
  const place = axis(all), size = height();
  for (const [team, index] of drawn) {
    const found = rows.get(team) ?? make(all[index]);
    fill(found, all[index], place);
    found.style.transform = `translateY(${index * size}px)`;
    found.setAttribute("aria-posinset", index + 1);
    found.setAttribute("aria-setsize", all.length);
  }
  return place;
}

function stand(to) {
  camera = to;
  at("list").style.transform = `translateY(${-camera}px)`;
}

function glide(found, from, to, ms) {
  if (from === to || calm.matches) return;
  found.animate([{ transform: `translateY(${from}px)` }, { transform: `translateY(${to}px)` }], { duration: ms, easing: "cubic-bezier(.45,.05,.25,1)" });
}

function travel(to, ms) {
  glide(at("list"), -camera, -to, ms);
  stand(to);
}

function showRange(row, all) {
  at("range")?.remove();
  if (!row?.out || row.rank_best === null) return;
  const teams = all.map((one, index) => [one, index]).filter(([one]) => one.kind === "team").map(([, index]) => index);
  const size = height(), top = teams[Math.min(row.rank_best, teams.length) - 1], end = teams[Math.min(row.rank_worst, teams.length) - 1];
  const band = Object.assign(document.createElement("div"), { id: "range" });
  band.style.cssText = `top:${top * size}px;height:${(end - top + 1) * size}px`;
  at("list").append(band);
  if (!calm.matches) band.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 400 });
}

function count(cell, from, to, row, mine) {
  if (calm.matches) return;
  const begun = performance.now();
  const step = moment => {
    const share = Math.min((moment - begun) / COUNT, 1), eased = 1 - (1 - share) ** 3;
    if (mine !== run) return;
    cell.textContent = text(share < 1 ? from + (to - from) * eased : to, row);
    if (share < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

// One team's turn: its score, then its interval, then its place, then the ranks that it may truly have.
async function reveal(before, mine) {
  const old = before.rows, all = picture.rows, team = picture.turn, size = height();
  const was = old.findIndex(row => row.team === team), is = all.findIndex(row => row.team === team);
  const row = all[is], start = centred(was, old.length), end = centred(is, all.length);
  showRange(null);
  const next = picture.next;
  picture.next = null;
  const place = draw(old, [camera, start, end]);
  picture.next = next;
  const slow = Math.abs(camera - start) > size / 2;
  travel(start, slow ? 600 : 0);
  if (slow) await wait(600);
  if (mine !== run) return;
  const found = rows.get(team), [band, dot] = found.children[3].children, from = dot.style.transform;
  fill(found, { ...row, rank: old[was].rank, rank_best: null }, axis(all));
  found.classList.add("now");
  count(found.children[2], old[was].value, row.value, row, mine);
  if (!calm.matches) {
    dot.animate([{ transform: from }, { transform: dot.style.transform }], { duration: COUNT, easing: "cubic-bezier(.2,.7,.2,1)" });
    const middle = `translateX(${place(row.value)}%) scaleX(0)`;
    band.animate([{ transform: middle }, { transform: middle, offset: .68 }, { transform: band.style.transform }], { duration: COUNT + BAND });
  }
  await wait(COUNT + BAND + 150);
  if (mine !== run) return;
  draw(all, [camera, end]);
  found.classList.add("now");
  const seen = [inView(camera), inView(end)];
  old.forEach((one, index) => {
    const there = all.findIndex(other => other.team === one.team), moving = rows.get(one.team);
    if (moving && there !== index && (one.team === team || seen.some(([a, b]) => there >= a && there <= b))) glide(moving, index * size, there * size, GLIDE);
  });
  travel(end, GLIDE);
  await wait(GLIDE);
  if (mine !== run) return;
  draw(all, [camera]);
  found.classList.add("now");
  showRange(row, all);
}

function showBoard(before, mine) {
  const all = picture.rows;
  at("view").classList.toggle("rolls", picture.scene === "end");
  at("view").tabIndex = picture.scene === "end" ? 0 : -1;
  const was = before?.scene && before.rows.find(row => row.team === picture.turn);
  if (picture.scene === "turn" && was && !was.out && !at("board").hidden) return reveal(before, mine);
  at("board").hidden = false;
  for (const animation of at("list").getAnimations({ subtree: true })) animation.cancel();
  const focus = picture.scene === "end" ? 0 : all.findIndex(row => row.team === (picture.turn ?? picture.next));
  stand(picture.scene === "end" ? 0 : centred(Math.max(focus, 0), all.length));
  if (picture.scene === "end") { draw(all, [0, all.length * height()]); at("list").style.height = `${all.length * height()}px`; }
  else draw(all, [camera]);
  const current = all.find(row => row.team === picture.turn);
  if (current) rows.get(current.team)?.classList.add("now");
  showRange(picture.scene === "turn" ? current : null, all);
}

function showCard() {
  const several = picture.winners.length > 1, names = at("names"), by = picture.scope === "points" ? "By the 95% intervals" : "With 95% confidence";
  const [over, what, under] = {
    title: [picture.event, picture.title, `${picture.turns} teams · from the public board to the final ranking`],
    first: several
      ? [picture.title, "Cannot be told from the first", `${by} each of them may be the best: they share the gold.`]
      : [picture.title, "First", `${by} it is the best.`],
    award: [picture.title, picture.bracket, [several && "Their ranks cannot be told apart: they share it.", picture.says].filter(Boolean).join(" ")],
  }[picture.scene] ?? [picture.event, "No ceremony is on", "It is shown here when it begins."];
  [at("over").textContent, at("what").textContent, at("under").textContent] = [over, what, under];
  names.replaceChildren(...picture.winners.map(team => {
    const row = picture.rows.find(one => one.team === team), found = document.createElement("li");
    found.append(Object.assign(document.createElement("bdi"), { textContent: team }));
    found.append(Object.assign(document.createElement("small"), { textContent: `${text(row.value, row)}  (${text(row.low, row)} – ${text(row.high, row)})` }));
    return found;
  }));
  names.style.setProperty("--size", `${[2, 1.6, 1.3, 1.3, 1][picture.winners.length - 1] ?? (picture.winners.length > 16 ? .55 : .8)}em`);
  if (!calm.matches) at("card").animate([{ opacity: 0, transform: "translateY(1rem)" }, { opacity: 1, transform: "none" }], { duration: 500, easing: "ease-out" });
}

function say() {
  const row = picture.turn && picture.rows.find(one => one.team === picture.turn);
  const said = picture.scene === "turn" && row
    ? `${row.team}: ${text(row.value, row)}, 95% interval ${text(row.low, row)} to ${text(row.high, row)}, may be rank ${ranks(row)}.`
    : at("board").hidden ? `${at("what").textContent}. ${picture.winners?.join(", ") ?? ""}` : "";
  if (said !== at("says").textContent) at("says").textContent = said;
}

function show(told) {
  const before = picture, mine = ++run;
  picture = { winners: [], ...told };
  const scene = picture.scene, onBoard = ["board", "turn", "end"].includes(scene);
  at("title").textContent = scene ? `${scene === "end" ? "Final ranking · " : ""}${picture.title} · ${picture.metric}` : "";
  at("link").href = picture.link ?? "/";
  at("count").textContent = scene ? `${picture.shown} of ${picture.turns}` : "";
  at("rehearsal").hidden = !picture.rehearsal;
  at("break").hidden = !picture.paused;
  at("card").hidden = onBoard;
  document.title = `${picture.rehearsal ? "Rehearsal" : "Ceremony"} · ${picture.event}`;
  if (onBoard) showBoard(before, mine);
  else {
    at("board").hidden = true;
    if (before?.scene !== scene || before.bracket !== picture.bracket || before.title !== picture.title) showCard();
  }
  say();
  advise();
}

// What follows is the presenter's alone.
const presents = new URLSearchParams(location.search).has("presenter");

function advise() {
  if (!presents) return;
  const { scene, next, shown = 0, turns = 0 } = picture, row = next && picture.rows.find(one => one.team === next);
  const from = row ? `frozen rank ${row.rank ?? "none"}` : "not on the frozen board";
  at("now").textContent = !scene ? "Nothing is on the screen: begin at the desk."
    : picture.paused ? "A break: P goes on." : picture.waits ? "The judge lets out the next result …" : `On the screen: ${{ title: "the title", board: "the frozen board", first: "the first", award: `the award of ${picture.bracket}`, end: "the final ranking" }[scene] ?? picture.turn}`;
  at("then").textContent = next && scene !== "title" ? `Next: ${next} (${from}). The key lets out its score, interval and ranks${picture.rehearsal ? ", made up" : ""}; ${turns - shown} still to come.`
    : scene === "title" ? "Next: the frozen board. Nothing is let out yet." : scene === "end" && !picture.published && !picture.rehearsal ? "All are shown. Publish at the desk to end the ceremony." : scene === "end" || !scene ? "" : "Next: who comes first, the awards, the final ranking.";
  clearTimeout(pressed);
  at("late").hidden = true;
  if (picture.waits) pressed = setTimeout(() => { at("late").hidden = false; }, 3000);
}

async function press(how) {
  at("wrong").textContent = "";
  try {
    const answer = await fetch(`/api/v1/ceremony/${how}`, { method: "POST" });
    if (!answer.ok) at("wrong").textContent = (await answer.json()).detail;
  } catch { at("wrong").textContent = "The event does not answer: the key was not heard."; }
}

async function readNotes() {
  const answer = await fetch("/api/v1/ceremony/notes");
  if (answer.ok) at("notes").textContent = (await answer.json()).notes || "none";
  else at("wrong").textContent = "Sign in at the desk as an organiser first: then these keys work.";
}

const KEYS = { " ": "next", ArrowRight: "next", ArrowDown: "next", PageDown: "next", ArrowLeft: "back", ArrowUp: "back", PageUp: "back", p: "pause", P: "pause" };
if (presents) {
  document.body.classList.add("presents");
  at("presenter").hidden = false;
  at("keys").addEventListener("click", event => { const how = event.target.closest("button")?.dataset.move; if (how) press(how); });
  addEventListener("keydown", event => {
    const how = KEYS[event.key];
    if (!how || event.repeat || event.ctrlKey || event.metaKey || event.altKey || (event.key === " " && event.target.closest("button, a"))) return;
    event.preventDefault();
    press(how);
  });
  readNotes();
}

new EventSource("/api/v1/ceremony/stream").addEventListener("message", event => show(JSON.parse(event.data)));
addEventListener("resize", () => { if (picture && !at("board").hidden) showBoard(null, ++run); });
