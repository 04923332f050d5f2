"""The server: from sockets to the application and back.

`server` (granian or uvicorn, and the way down), `asgi_adapter` (a WSGI application on the event loop, with `hands` for
its threads and `inflow` for large bodies), `watching` (counts requests and names each).
"""
