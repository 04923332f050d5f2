"""From a claim to a recognised badge: somebody asks, others confirm, rules tell how far it is.

`asking` and `answering` over the `requests` that are kept; `endorsing` signs a word about a badge, an achievement or an
issuer, `confirmations` finds and checks such words, `regard` says whose look stands behind a badge; `rules` judges
a shape over one's own documents (`rule_data`). `assembly` ties them together.
"""
