"""How a device is told to trust the event's own authority: a page and a certificate, that need no trust themselves.

``python -m leaderboard.site.plain.trust HOST PORT`` serves them by plain HTTP one port above PORT, where the event is.
"""

import base64
import hashlib
import html
import os
import sys
from functools import cache
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from leaderboard.event import EVENT_VARIABLE, Event
from leaderboard.qr import as_svg
from leaderboard.serve import end_with_supervisor
from leaderboard.tls.authority import AUTHORITY, own_authority
from leaderboard.tls.pair import fingerprint

PAGE, CERTIFICATE = "/trust", "/authority.crt"
"""Their paths, on the event's own port as well."""

STYLE = Path(__file__).with_name("trust.css").read_text("utf-8")

PHONES_AND_COMPUTERS = {
    "iPhone, iPad": (
        "Open this page in Safari, download the certificate and allow the profile.",
        "Settings, at the top: <b>Profile Downloaded</b>; compare the fingerprint under <b>More Details</b>; "
        "<b>Install</b>.",
        "Settings, General, About, <b>Certificate Trust Settings</b>: switch it on.",
        "Afterwards: Settings, General, <b>VPN &amp; Device Management</b>: remove the profile.",
    ),
    "Android": (
        "Download the certificate.",
        "Settings, search for <b>CA certificate</b> (Security, More, Encryption &amp; credentials, Install a "
        "certificate); choose the file.",
        "Compare the fingerprint under <b>Trusted credentials</b>, User. In Firefox also: Settings, About, tap the "
        "logo five times, then Secret Settings, <b>Use third party CA certificates</b>.",
        "Afterwards: <b>Trusted credentials</b>, User: remove it.",
    ),
    "Mac": (
        "Download the certificate and open it: Keychain Access takes it into <b>login</b>.",
        "Open it there, compare the fingerprint, and under <b>Trust</b> choose <b>Always Trust</b>.",
        "Afterwards: delete it in Keychain Access.",
    ),
    "Windows": (
        "Download the certificate and open it; compare under Details.",
        "<b>Install Certificate</b>, Current User, place it in <b>Trusted Root Certification Authorities</b>.",
        "Afterwards: run <code>certmgr.msc</code>, find it in that list, delete it.",
    ),
    "Firefox on a computer": (
        "Settings, search for <b>certificates</b>, <b>View Certificates</b>, Authorities, <b>Import</b>; tick "
        "<b>websites</b>; compare under <b>View</b>.",
        "Afterwards: <b>Delete or Distrust</b> in the same list.",
    ),
    "Chrome on Linux": (
        "Open <code>chrome://certificate-manager</code>, <b>Custom</b>, <b>Installed by you</b>, Trusted Certificates, "
        "<b>Import</b>.",
        "Afterwards: delete it in the same list.",
    ),
    "Command line": (
        "<code>python submit.py ... --ca authority.crt</code>, <code>curl --cacert authority.crt ...</code>; for "
        "Python programs set <code>REQUESTS_CA_BUNDLE</code> to the file. Nothing else on the machine changes.",
    ),
}
"""What to do on each system; texts of ours, in HTML."""


def trust_page(event: Event, address: str) -> str | None:
    """Return the page; None if the event has no authority of its own.

    Parameters
    ----------
    event : Event
    address : str
        Where the event is, once its authority is trusted.
    """
    authority = own_authority(event)
    if authority is None:
        return None
    digits, name = fingerprint(authority), html.escape(event.config.name)
    rows = "<br>".join(digits[at : at + 24].rstrip(":") for at in range(0, len(digits), 24))
    systems = "".join(
        f"<details><summary>{system}</summary><ol>{''.join(f'<li>{step}</li>' for step in steps)}</ol></details>"
        for system, steps in PHONES_AND_COMPUTERS.items()
    )
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Trust · {name}</title>
<style>{STYLE}</style></head><body><main><p class="quiet">{name}</p><h1>Trust this event's certificate</h1>
<p>The event is served on the venue's own network, where nobody else vouches for it: it has an authority of its own.
A device that trusts it reaches the event without warnings, and others in the network cannot read along.</p>
<p><a class="get" href="{CERTIFICATE}">Download the certificate</a></p>
<h2>Compare before you trust</h2>
<p>Anybody in the network might have changed what you see here. Compare the certificate's <b>SHA-256 fingerprint</b>,
as your device shows it before it trusts, with the one <b>on the organiser's screen</b>. They must be the same to the
last digit.</p>
<div class="print"><code>{rows}</code>{as_svg(digits)}</div>
<p class="quiet">It vouches for the machine that serves this event and for no other site, until
{authority.not_valid_after_utc:%d %B %Y}.</p>
<h2>How to</h2>{systems}
<h2>Then</h2><p>Go on to <a href="{html.escape(address)}">{html.escape(address)}</a>. When the event is over, remove
the certificate: the last line of each list says how. A device that is not yours, leave as it is.</p></main></body>
</html>"""


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def trust_routes(event: Event, port: int | None = None) -> list[Route]:
    """Return the routes of page and certificate.

    Parameters
    ----------
    event : Event
    port : int, optional
        Where the event is served by TLS; by default where the request came in.
    """

    def page(request: Request) -> Response:
        host = request.url.hostname or "localhost"
        place = f"[{host}]" if ":" in host else host
        text = trust_page(event, f"https://{place}:{port}/" if port else str(request.base_url))
        if text is None:
            return RedirectResponse("/", 303)
        return HTMLResponse(text, headers={"Content-Security-Policy": _policy(), "X-Content-Type-Options": "nosniff"})

    def certificate(_request: Request) -> Response:
        file = event.public / AUTHORITY
        if not file.is_file():
            return RedirectResponse("/", 303)
        return FileResponse(file, media_type="application/x-x509-ca-cert")

    return [Route(PAGE, page), Route(CERTIFICATE, certificate)]


def main() -> None:
    """Serve page and certificate for the event that PHYSATHON_EVENT names; whatever else is asked for, the page."""
    host, port = sys.argv[1], int(sys.argv[2])
    end_with_supervisor()
    event = Event(Path(os.environ[EVENT_VARIABLE]))
    lead_on = Route("/{path:path}", lambda _request: RedirectResponse(PAGE, 303))
    app = Starlette(routes=[*trust_routes(event, port), lead_on])
    uvicorn.run(
        app, host=host, port=port + 1, log_level="warning", proxy_headers=False, ws="none", timeout_graceful_shutdown=1
    )


if __name__ == "__main__":
    main()
