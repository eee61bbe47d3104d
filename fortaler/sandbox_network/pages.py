"""The few pages that people see: the consent form and a public post."""

from collections.abc import Mapping
from html import escape
from sqlite3 import Row

from fastapi.responses import HTMLResponse

STYLE = "body{font:16px/1.5 sans-serif;max-width:34em;margin:3em auto;padding:0 1em}"
HEADERS = {
    # No form-action here: browsers apply it to the redirect back to the client as well.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def consent_page(
    client_id: str, fields: Mapping[str, str], handle: str, scope: str
) -> HTMLResponse:
    """Ask whom to log in as, and whether the client may act for them."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return _page(
        "Allow access?",
        f"<p><b>{escape(client_id)}</b> asks for: {escape(scope)}</p>"
        f'<form method="post" action="/oauth/authorize">{hidden}'
        f'<p><label>Log in as @<input name="handle" value="{escape(handle)}" required></label></p>'
        '<button name="decision" value="allow">Allow</button> '
        '<button name="decision" value="deny" formnovalidate>Deny</button></form>',
    )


def post_page(row: Row) -> HTMLResponse:
    """Answer a post with its link and its counters."""
    link = ""
    if row["link"]:
        link = (
            f'<p><a rel="nofollow noopener" href="{escape(row["link"])}">{escape(row["link"])}</a>'
        )
    language = f' lang="{escape(row["language"])}"' if row["language"] else ""
    return _page(
        f"@{row['handle']} on Sandbox",
        f'<p><b>@{escape(row["handle"])}</b></p><p style="white-space:pre-wrap"{language}>'
        f"{escape(row['text'])}</p>{link}<p>{row['likes']} likes, {row['comments']} comments, "
        f"{row['reshares']} reshares</p>",
    )


def _page(title: str, body: str) -> HTMLResponse:
    head = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title>"
    return HTMLResponse(
        f"{head}<style>{STYLE}</style><h1>{escape(title)}</h1>{body}", headers=HEADERS
    )
