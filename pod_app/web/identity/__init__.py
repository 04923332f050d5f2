"""Coming in, and letting applications in: the pages and the JSON of who is who.

`entrance` (password, passkey, phrase, a first notebook), `elsewhere_pages` (with a pod on another server), `personas`
(of a demo), `account_pages` (what opens the notebook, and for whom). For applications: `oidc` (the provider's JSON),
`client_proofs` (how they prove themselves there), `sign_in_for` (the pages that people see on the way).
"""
