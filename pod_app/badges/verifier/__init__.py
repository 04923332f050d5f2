"""The verifier: is this badge genuine, unchanged, still valid, and about this person, answered check by check.

`verifying` runs the checks in their order over one `case` and tells what it found in a `report`. A check each: `form`
(form, contexts, dates, recipient), `keys` (issuer, key, proof), `status` (taken back?), `refresh` (a newer copy?).
Formats: `reading` (the credential in any file), `tokens` (JWT), `earlier_versions` (Open Badges 2.0, 1.x, 0.5).
Documents by address: `documents`, `fetching`. Page, command and bag all ask here.
"""
