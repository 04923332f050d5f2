"""The ways in which badges reach people.

`awards` (one person, who keeps or declines), `award_lists` (a list or a CSV file), `handouts` with `claim_codes` (a QR,
links, paper), `turns` (a screen that shows one code after the other), `records` (what a pod has given; renewed, given
anew). `assembly` ties them together.
"""
