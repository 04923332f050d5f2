"""Other hosts of badges, over the REST API of Open Badges 3.0 (open-badges.md §5.9).

`hosting` is what they see of a bag here; `exchanging` fetches badges from them and sends them ours.
"""
