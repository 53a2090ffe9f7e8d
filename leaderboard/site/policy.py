"""What browsers are told of a page: which scripts may run on it, and that it asks no other machine."""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

STATIC = Path(str(files("streamlit"))) / "static"


def policy(html: str, *scripts: str) -> str:
    """Return the Content-Security-Policy of a page of ours.

    Parameters
    ----------
    html : str
        The page, whose own inline scripts may run, and no others.
    *scripts : str
        Further sources of scripts.
    """
    texts = [rest.partition("</script>")[0] for rest in html.split("<script>")[1:]]
    inline = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in texts]
    run = " ".join(("'self'", *(f"'sha256-{one}'" for one in inline), *scripts))
    return (
        f"default-src 'none'; script-src {run}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
