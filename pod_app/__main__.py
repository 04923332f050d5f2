"""`python -m pod_app` is the command `pod_app`."""

from pod_app.cli import main

main()
