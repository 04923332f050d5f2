"""The forge: what badges are given for, and who may give them.

`achievements` (create, edit, version, translate), `achievement_state` (retired, shared with other issuers), `likeness`
(almost the same one exists already), `signers` (who may sign for a pod); `class_import` takes the badge classes
of other forges in, which `foreign_classes` reads.
"""
