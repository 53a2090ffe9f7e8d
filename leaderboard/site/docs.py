"""The API's page, drawn by Swagger UI, whose files come with a package: no other machine is asked."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from leaderboard.site.policy import policy

SWAGGER = Path(str(files("fastapi_offline"))) / "static"


def serve_docs(api: FastAPI) -> None:
    """Serve an API's page at /docs; what it loads is named relative to it."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=api.title,
        swagger_js_url="swagger/swagger-ui-bundle.js",
        swagger_css_url="swagger/swagger-ui.css",
        swagger_favicon_url="/favicon.png",
        oauth2_redirect_url=None,
    )
    page.headers["Content-Security-Policy"] = policy(bytes(page.body).decode())
    api.mount("/swagger", StaticFiles(directory=SWAGGER))

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return page
