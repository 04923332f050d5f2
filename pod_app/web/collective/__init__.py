"""The window on what people agreed to have counted.

`collective_pages` (a community's capital) in the words of `view_words` and the drawings of `charts`; `river_pages` with
`rivers` (where a skill went); `garden_pages` (gardens and their map); `bulk` (partial rows for other installations).
"""
