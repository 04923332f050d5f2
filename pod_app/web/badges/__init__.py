"""The pages of badges, beside the parts of `pod_app.badges` that do the work.

Forge: `forge_pages` over `forge_form` and `studio` (pictures from three choices), `class_pages` (from other forges).
Giving: `award_pages`, `distribute_pages` (to a room, on paper), `claim_pages` (taking one), `qr`. Recognition:
`asking_pages`, `answer_pages`, `confirm_pages`, `rule_pages`. Elsewhere: `host_pages`, `badge_api` (the REST API that
other hosts speak). `verifier` checks what anybody brings, `key_pages` has the keys that sign. One badge in words and
pictures: `badge_pages`, `achievement_words`, `asking_words`, `confirmation_words`; `badge_art`, `pictures`,
`badge_sheets`.
"""
