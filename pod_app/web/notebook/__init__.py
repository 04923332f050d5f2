"""«Mon carnet»: what somebody who is signed in has, decides and takes along.

`me` (the first page, and private resources through the session), `bag` with `bag_words` (badges held),
`collection_pages`, `consent_pages` (what one agrees to), `tray_pages` (on the way to a pod elsewhere), `leaving`.
"""
