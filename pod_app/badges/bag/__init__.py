"""The bag: the badges that a pod holds, byte for byte, each with its own audience.

In: `importing` (one badge), `imports` with `import_report` (files that are kept until they succeed), `archives` (ZIP).
Held: `backpack`, `kept` (the bytes, and what the issuer's hosts said), `sameness` (duplicates), `elsewhere` (a pod on
another server), `collecting` (collections with a page of their own). Out: `exporting`.
"""
