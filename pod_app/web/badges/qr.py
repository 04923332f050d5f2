"""An address as a QR, drawn on the server: no script, no other host."""

import io


def svg(address: str, title: str) -> bytes:
    """SVG of an address, dark on white whatever the page's colours, with its quiet zone; `title` says what it is."""
    import segno  # noqa: PLC0415  # its tables take time to load, and few pages draw a QR

    file = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        file, kind="svg", scale=8, border=4, dark="#1b1b1b", light="#ffffff", title=title, xmldecl=False, omitsize=True
    )
    return file.getvalue()
