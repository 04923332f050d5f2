"""A badge is signed, and what its issuer does to the record afterwards.

`issuing` (sign, keep the record, withdraw), `reissuing` (sign anew after a key was stolen, or with other words),
`status` (places in status lists), `ground` (may this address sign at all?), `twins` (its Open Badges 2.0 form).
"""
