// Keeps parts of the page as the server has them, each after as many seconds as the server says; of one that has changed
// it changes what differs, so that focus, selection and what one has opened stay. Has the whole page drawn anew once the
// clock, which is such a part, shows that pages go by something else than when this one was drawn.
const TICK = 250; // milliseconds
const due = new WeakMap(); // when to ask for each part, on the clock of performance.now()
let focused = null; // what has the focus, or had it until it was put there anew

function attributes(there, wanted) {
  for (const { name } of [...there.attributes]) {
    if (!wanted.hasAttribute(name) && name !== "open") there.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  }
}

function become(there, wanted) {
  const [before, after] = [[...there.childNodes], [...wanted.childNodes]];
  after.forEach((node, at) => {
    const one = before[at];
    if (!one) there.append(node);
    else if (one.isEqualNode(node)) return;
    else if (one.nodeName !== node.nodeName) one.replaceWith(node);
    else if (node.nodeType !== Node.ELEMENT_NODE) one.nodeValue = node.nodeValue;
    else {
      attributes(one, node);
      become(one, node);
    }
  });
  before.slice(after.length).forEach((one) => one.remove());
}

function keepAlive({ data, setTriggerValue }) {
  let told = data.face;

  const look = async (part) => {
    due.set(part, Infinity);
    let again = Number(part.dataset.every);
    try {
      const known = { "If-None-Match": part.dataset.name };
      const answer = await fetch(part.dataset.from, { cache: "no-store", headers: known });
      again = Number(answer.headers.get("Physathon-Again")) || again;
      if (answer.status === 200) {
        const wanted = document.createElement("template");
        wanted.innerHTML = await answer.text();
        become(part, wanted.content);
        part.dataset.name = answer.headers.get("ETag");
      }
    } catch {} // the server is away, which the page says by itself
    due.set(part, performance.now() + 1000 * again);
    const face = part.querySelector("[data-face]")?.dataset.face;
    if (!face || face === told || !part.isConnected) return;
    told = face;
    setTriggerValue("face", face);
  };

  // Where Streamlit puts a part there anew, the one that was there takes its place, as it has become.
  const keep = (gone) => {
    const drawn = due.has(gone) && document.querySelector(`[data-from="${CSS.escape(gone.dataset.from)}"]`);
    if (!drawn) return;
    become(gone, drawn);
    gone.dataset.name = drawn.dataset.name;
    drawn.replaceWith(gone);
    if (gone.contains(focused) && document.activeElement === document.body) focused.focus({ preventScroll: true });
  };
  const seen = new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.removedNodes])) {
      if (node.nodeType !== Node.ELEMENT_NODE || node.isConnected) continue;
      (node.matches("[data-from]") ? [node] : node.querySelectorAll("[data-from]")).forEach(keep);
    }
  });
  seen.observe(document.body, { childList: true, subtree: true });
  const remember = (event) => (focused = event.target);
  document.addEventListener("focusin", remember);

  const timer = setInterval(() => {
    if (document.hidden) return;
    const now = performance.now();
    for (const part of document.querySelectorAll("[data-from]")) {
      if (!due.has(part)) due.set(part, now + 1000 * Number(part.dataset.every));
      if (due.get(part) <= now) look(part);
    }
  }, TICK);
  return () => {
    clearInterval(timer);
    seen.disconnect();
    document.removeEventListener("focusin", remember);
  };
}
