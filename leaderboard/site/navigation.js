// Follows links to pages of this site in place, as Back and Forward are followed, instead of loading everything anew.
// Keeps in the address which picture of a gallery is looked at.
// And says in our words what an open page alone can say while its server is away.
const WORDS = {
  "Connection error": "The organiser’s machine is away",
  "Streamlit server is not responding. Are you connected to the internet?":
    "What you sent is safe: whatever has a receipt counts. This page goes on by itself as soon as the machine is back.",
};
const modified = (event) => event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;

function navigate({ data }) {
  let followed = null; // the link that has the focus, or had it until its way was drawn anew
  let tracks = null;
  let shown = null; // the address whose row was scrolled to

  const follow = (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || modified(event) || link.target || link.hasAttribute("download")) return;
    const [from, to] = [new URL(location.href), new URL(link.href)];
    if (to.origin !== from.origin || to.hash || !data.pages.includes(to.pathname)) return;
    event.preventDefault();
    followed = { link, address: link.getAttribute("href"), way: link.closest("nav")?.className };
    if (to.href !== from.href) history.pushState({}, "", to);
    if (to.pathname !== from.pathname) document.querySelector('[data-testid="stMain"]').scrollTo(0, 0);
    dispatchEvent(new PopStateEvent("popstate", { state: {} })); // Streamlit draws what the address now names
  };

  const keepSample = (event) => {
    if (!event.target.matches(".physathon-gallery input")) return;
    const here = new URL(location.href);
    here.searchParams.set("sample", event.target.value);
    history.replaceState(history.state, "", here);
  };

  const keepFocus = () => {
    if (!followed?.way || followed.link.isConnected) return;
    const links = [...document.querySelectorAll(`nav.${followed.way} a`)];
    const link = links.find((one) => one.getAttribute("href") === followed.address);
    if (document.activeElement === document.body) link?.focus({ preventScroll: true });
    followed = null;
  };

  const showCurrent = () => {
    const drawn = document.querySelector(".physathon-tracks");
    const current = drawn !== tracks && drawn?.querySelector("[aria-current]");
    if (current) drawn.scrollLeft = current.offsetLeft - (drawn.clientWidth - current.clientWidth) / 2;
    tracks = drawn;
  };

  const showAsked = () => {
    const row = shown !== location.search && document.querySelector("table.board tr.asked");
    if (!row) return;
    row.scrollIntoView({ block: "center" });
    shown = location.search;
  };

  const say = () => {
    for (const dialog of document.querySelectorAll('[data-testid="stDialog"]')) {
      const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const ours = WORDS[texts.currentNode.nodeValue];
        if (ours) texts.currentNode.nodeValue = ours;
      }
    }
  };

  const seen = new MutationObserver(() => {
    keepFocus();
    showCurrent();
    showAsked();
    say();
  });
  showCurrent();
  showAsked();
  seen.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", follow);
  document.addEventListener("change", keepSample);
  return () => {
    seen.disconnect();
    document.removeEventListener("click", follow);
    document.removeEventListener("change", keepSample);
  };
}
